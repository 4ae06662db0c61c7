import type { EntityManager } from '@mikro-orm/postgresql'
import { getMediaFacts } from '../../db/repositories/media-assets.ts'
import type { FieldError } from '../../domain/errors.ts'
import { mediaOfSettings, partsOf, readContent, withDefaults } from '../../platforms/registry.ts'
import type { Requester } from '../contract/operation.ts'
import { plannedNow } from './change-targets.ts'
import { sharedMedia } from './post-media.ts'
import { findPost } from './read-post.ts'

/** A target of which the first `count` parts are published, and what each of its parts says. */
export interface PartsOut {
  connectionId: string
  path: string
  count: number
  parts: readonly string[]
}

/** The targets whose thread stopped half way, as the row has them now. */
export async function partsOut(
  requester: Requester<'not_found'>,
  em: EntityManager,
  postId: string,
): Promise<PartsOut[]> {
  const { post, targets } = await findPost(requester, em, postId)
  const begun = new Map(targets.map(({ connectionId, nextPart }) => [connectionId, nextPart]))
  if (targets.every(({ nextPart }) => nextPart === 0)) return []
  const media = await sharedMedia(em, { tenantId: post.tenantId, postId })
  const found: PartsOut[] = []
  for (const { connection, content, settings, path } of await plannedNow(em, targets)) {
    const count = begun.get(connection.id) ?? 0
    const connector = requester.deps.registry.connector(connection.platform)
    if (count === 0) continue
    const whole = withDefaults(connection.settings, settings)
    const named = [...media, ...mediaOfSettings(whole)].map(({ media_id }) => media_id)
    const files = await getMediaFacts(em, named)
    const input = { text: content ?? post.content, settings: whole, media }
    const parts = partsOf(connector, readContent(input, files).content).map((part) =>
      JSON.stringify([part.role, part.extra, part.text, part.media]),
    )
    found.push({ connectionId: connection.id, path, count, parts })
  }
  return found
}

/**
 * Throws `content_invalid` where a change touches what is published: a retry goes on after it, and
 * what followed would no longer fit.
 */
export function assertSameParts(
  requester: Requester<'content_invalid'>,
  before: readonly PartsOut[],
  after: readonly PartsOut[],
): void {
  const errors = before.flatMap(({ connectionId, count, parts }): FieldError[] => {
    const now = after.find((one) => one.connectionId === connectionId)
    const changed = parts.slice(0, count).findIndex((part, index) => part !== now?.parts[index])
    if (now === undefined || changed === -1) return []
    const message = `Part ${changed + 1} of this thread is published already and stays as it is; change what comes after it.`
    return [{ path: `${now.path}.settings.thread`, code: 'thread_changed', message }]
  })
  if (errors.length === 0) return
  throw requester.fail('content_invalid', { errors, detail: errors[0]?.message ?? '' })
}
