import { createHash } from 'node:crypto'
import type { EntityManager } from '@mikro-orm/postgresql'
import { getMediaFacts } from '../db/repositories/media-assets.ts'
import type { PublishFacts } from '../db/repositories/publish-load.ts'
import type { MediaFacts } from '../domain/media.ts'
import type { PartStep } from '../domain/parts.ts'
import type { Connector, Content, Draft, Finding, PublishedRef } from '../platforms/connector.ts'
import type { Part } from '../platforms/content.ts'
import { mediaOfSettings, partsOf, readContent, withDefaults } from '../platforms/content.ts'

/** What a target publishes, read from its rows. */
export interface TargetContent {
  content: Content
  /** Of what is malformed or names files that are gone. */
  findings: Finding[]
  parts: Part[]
}

export async function loadFiles(
  em: EntityManager,
  facts: PublishFacts,
): Promise<ReadonlyMap<string, MediaFacts>> {
  const uses = [...facts.media, ...mediaOfSettings(settingsOf(facts))]
  if (uses.length === 0) return new Map()
  return getMediaFacts(
    em,
    uses.map(({ media_id }) => media_id),
  )
}

export function contentOf(
  connector: Connector,
  facts: PublishFacts,
  files: ReadonlyMap<string, MediaFacts>,
): TargetContent {
  const { content: text, media } = facts
  const read = readContent({ text, settings: settingsOf(facts), media }, files)
  return { ...read, parts: partsOf(connector, read.content) }
}

function settingsOf(facts: PublishFacts): Record<string, unknown> {
  return withDefaults(facts.connection.settings, facts.settings)
}

/** Part `index` of a target; undefined when everything is out. */
export function stepOf({ parts }: TargetContent, index: number): PartStep | undefined {
  const part = parts[index]
  return part && { part: index, role: part.role, isLast: index === parts.length - 1 }
}

/**
 * One part as the connector gets it. The same for every try of a round: platforms that honour an
 * idempotency key or a date recognise a repeat.
 */
export function draftOf(
  { parts }: TargetContent,
  facts: PublishFacts,
  ids: { targetId: string; index: number; round: number; frozenAt: Date },
): Draft {
  const { targetId, index, round, frozenAt } = ids
  const part = parts[index]
  if (part === undefined) throw new Error(`target ${targetId} has no part ${index}`)
  const idempotencyKey = index === 0 ? `${targetId}:${round}` : `${targetId}:${round}:${index}`
  // Parts of a thread are shown in the order of their dates.
  const createdAt = new Date(frozenAt.getTime() + index)
  return { ...part, ...placeOf(part, facts), idempotencyKey, createdAt }
}

/** What a part belongs under; the post itself belongs under nothing. */
function placeOf(part: Part, { parts }: PublishFacts): Pick<Draft, 'root' | 'parent'> {
  if (part.role === 'post') return {}
  const out = parts.filter(({ role }) => role === 'post' || role === 'reply').map(refOf)
  const [root] = out
  return root === undefined ? {} : { root, parent: part.role === 'reply' ? out.at(-1) : root }
}

function refOf(part: PublishFacts['parts'][number]): PublishedRef {
  const { platform_post_id: platformPostId, permalink, metadata } = part
  return { platformPostId, permalink, metadata }
}

/** Of everything that uploads and containers of a part depend on. */
export function fingerprintOf(draft: Draft): string {
  const { createdAt: _createdAt, ...kept } = draft
  return createHash('sha256').update(JSON.stringify(kept)).digest('hex')
}
