import type { EntityManager } from '@mikro-orm/postgresql'
import { getMediaFacts } from '../../db/repositories/media-assets.ts'
import type { FieldError } from '../../domain/errors.ts'
import { prepareLeadMs } from '../../domain/prepare-lead.ts'
import {
  checkContent,
  mediaOfSettings,
  readAccountLimits,
  readContent,
  withDefaults,
} from '../../platforms/registry.ts'
import type { Requester } from '../contract/operation.ts'
import type { Deps } from '../deps.ts'
import { accountUse } from './account-use.ts'
import type { PlannedTarget } from './plan-targets.ts'
import type { PostContent } from './post-content.ts'

type Reader = Pick<Deps, 'registry' | 'now'>

/** Everything a platform would refuse in what each target is going to send. */
export async function contentErrors(
  deps: Reader,
  em: EntityManager,
  post: PostContent,
  targets: readonly PlannedTarget[],
): Promise<FieldError[]> {
  const files = await getMediaFacts(em, mediaIds(post, targets))
  const found: FieldError[] = []
  for (const target of targets) {
    const { connection, path } = target
    const connector = deps.registry.connector(connection.platform)
    const settings = withDefaults(connection.settings, target.settings)
    const text = target.content ?? post.content
    const read = readContent({ text, settings, media: post.media }, files)
    const limits = readAccountLimits(connection.metadata)
    const use = await accountUse(deps, em, connector, connection, post)
    const findings = [...read.findings, ...checkContent(connector, read.content, limits, use)]
    found.push(...findings.map((one) => ({ ...one, path: placeOf(path, one.path) })))
  }
  return distinct(found)
}

/** Throws `content_invalid` with every finding. */
export async function assertContent(
  requester: Requester<'content_invalid'>,
  em: EntityManager,
  post: PostContent,
  targets: readonly PlannedTarget[],
): Promise<void> {
  const errors = await contentErrors(requester.deps, em, post, targets)
  if (errors.length === 0) return
  const detail = errors.map((error) => error.message).join(' ')
  throw requester.fail('content_invalid', { errors, detail })
}

/** How long before its instant the files of a post begin to be uploaded. */
export async function prepareMsOf(
  em: EntityManager,
  post: Pick<PostContent, 'media'>,
  targets: readonly PlannedTarget[],
): Promise<number> {
  const files = [...(await getMediaFacts(em, mediaIds(post, targets))).values()]
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
  return prepareLeadMs({ bytes, hasVideo: files.some(({ kind }) => kind === 'video') })
}

function mediaIds({ media }: Pick<PostContent, 'media'>, targets: readonly PlannedTarget[]) {
  const named = targets.flatMap(({ connection, settings }) =>
    mediaOfSettings(withDefaults(connection.settings, settings)),
  )
  return [...media, ...named].map(({ media_id }) => media_id)
}

/** Connectors speak relative to a target; text and files that all share are the post's. */
function placeOf(target: string, relative: string): string {
  // As everywhere in answers: `media[0]`.
  const path = relative.replace(/\.(\d+)(?=\.|$)/g, '[$1]')
  if (path === 'scheduled_at' || /^media\b/.test(path)) return path
  return `${target}.${path === '' || path === 'text' ? 'content' : path}`
}

/** A file that is missing is missing for every target. */
function distinct(errors: readonly FieldError[]): FieldError[] {
  const keyed = errors.map((one) => [`${one.path} ${one.code} ${one.message}`, one] as const)
  return [...new Map(keyed).values()]
}
