import { randomUUID } from 'node:crypto'
import { PlatformFailure } from '../../domain/failures.ts'
import type { Media } from '../../domain/media.ts'
import type { Access } from '../../platforms/call.ts'
import type {
  Accepted,
  Committed,
  Confirmation,
  Connector,
  Content,
  Draft,
  Prepared,
  PublishCall,
  PublishedRef,
} from '../../platforms/connector.ts'
import { type Part, partsOf } from '../../platforms/content.ts'

/** Content with nothing in it but what is given. */
export function contentOf(more: Partial<Content>): Content {
  return { text: '', settings: {}, media: [], attached: {}, thread: [], ...more }
}

export interface Driven {
  /** In the order of publishing; the first is the post itself. */
  parts: Committed[]
  /** What was saved by `prepare` of the part that was worked on last. */
  prepared: Prepared | undefined
}

export interface DriveOptions {
  /** Saved by an earlier try of the first part. */
  prepared?: Prepared
  /** Told of each save, as the database would be. */
  onSave?(prepared: Prepared): void
  /** Frozen ids of an earlier try. */
  draft?: Partial<Pick<Draft, 'idempotencyKey' | 'createdAt'>>
}

/**
 * Publishes as the worker does, without its database: each part is prepared, committed once, and
 * watched while the platform works on it. Throws the first failure.
 */
export async function drive(
  connector: Connector,
  content: Content,
  access: Access,
  call: PublishCall,
  options: DriveOptions = {},
): Promise<Driven> {
  const parts: Committed[] = []
  /** What further parts may answer. */
  const before: Committed[] = []
  let prepared: Prepared | undefined
  for (const [index, part] of partsOf(connector, content).entries()) {
    const draft = draftOf(part, before, options)
    prepared = await prepareOnce(connector, draft, access, call, index === 0 ? options : {})
    const made = await connector.commit(draft, access, call, prepared)
    const committed = await settled(connector, made, draft, access, call, prepared)
    parts.push(committed)
    if (part.role === 'post' || part.role === 'reply') before.push(committed)
  }
  return { parts, prepared }
}

export function draftOf(
  part: Part,
  before: readonly PublishedRef[],
  options: DriveOptions = {},
): Draft {
  const [root] = before
  const parent = part.role === 'reply' ? before.at(-1) : root
  return {
    ...part,
    ...(root ? { root } : {}),
    ...(parent ? { parent } : {}),
    idempotencyKey: randomUUID(),
    createdAt: new Date(),
    ...options.draft,
  }
}

export async function prepareOnce(
  connector: Connector,
  draft: Draft,
  access: Access,
  call: PublishCall,
  { prepared, onSave }: DriveOptions = {},
): Promise<Prepared | undefined> {
  return connector.prepare?.(draft, access, call, {
    ...(prepared ? { prepared } : {}),
    save: async (saved) => onSave?.(JSON.parse(JSON.stringify(saved))),
    // Platforms of a test work at once or are asked a few times too often: never a real wait.
    pause: async () => {},
  })
}

const MOST_LOOKS = 50

async function settled(
  connector: Connector,
  made: Committed | Accepted,
  draft: Draft,
  access: Access,
  call: PublishCall,
  prepared: Prepared | undefined,
): Promise<Committed> {
  if (!('accepted' in made)) return made
  const attempt = { draft, startedAt: draft.createdAt, sendBefore: new Date(), ...made }
  for (let looks = 0; looks < MOST_LOOKS; looks++) {
    const seen = await connector.confirm?.(
      { ...attempt, ...(prepared ? { prepared } : {}) },
      access,
      call,
    )
    if (seen?.outcome === 'found') return seen.post
    if (seen?.outcome !== 'processing') throw failureOfConfirmation(seen)
  }
  throw new Error(`still processing after ${MOST_LOOKS} looks`)
}

function failureOfConfirmation(seen: Confirmation | undefined): Error {
  if (seen?.outcome === 'refused') return new PlatformFailure('rejected', seen)
  return new PlatformFailure('outcome_unknown', { code: 'not_found', message: `${seen?.outcome}` })
}

/** A file with the words that describe it. */
export function described(media: Media, altText: string): Media {
  return { ...media, altText }
}
