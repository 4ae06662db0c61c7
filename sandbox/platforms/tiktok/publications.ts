import { randomBytes, randomInt } from 'node:crypto'
import type { ApiRequest } from '../../http/request.ts'
import type { PostInfo } from './post-info.ts'
import type { TiktokPublication, TiktokStore, TiktokToken } from './store.ts'

/** Polls that a `processing` fault at the publishing call makes wait. */
const SLOW_POLLS = 2
const SOURCES = { FILE_UPLOAD: 'file', PULL_FROM_URL: 'url' }

/** What is known of a publication when it begins. */
type Beginning = Pick<TiktokPublication, 'kind' | 'mode' | 'source'> & { info: PostInfo }

/** The files of a publication that has them all. */
export interface Arrived {
  bytes: number
  media: string[]
  durationMs: number
  /** Why they cannot be published. */
  fault: string | undefined
}

/** A publication that waits for its files. */
export function begin(
  store: TiktokStore,
  req: ApiRequest,
  grant: TiktokToken,
  { info, ...beginning }: Beginning,
): TiktokPublication {
  const { kind, mode, source } = beginning
  const prefix = kind === 'photo' ? 'p' : 'v'
  const word = mode === 'inbox' ? 'inbox' : 'pub'
  // Real ids end in a number beyond what a double holds.
  const number = `7${randomInt(1e9, 1e10 - 1)}${randomInt(1e7, 1e8 - 1)}`
  const publication: TiktokPublication = {
    publish_id: `${prefix}_${word}_${SOURCES[source]}~v2-1.${number}`,
    client_key: grant.client_key,
    account_id: grant.account_id,
    ...beginning,
    title: info.title,
    description: info.description,
    privacy_level: info.privacyLevel,
    created_at_ms: req.nowMs,
    state: 'receiving',
    fail_reason: null,
    polls_left: 0,
    bytes: 0,
    media: [],
    duration_s: 0,
    post_id: null,
  }
  store.publications.set(publication.publish_id, publication)
  return publication
}

/** All files are there: from here on the post exists, unless they are not fit for it. */
export function arrive(
  store: TiktokStore,
  req: ApiRequest,
  publication: TiktokPublication,
  { bytes, media, durationMs, fault }: Arrived,
): void {
  publication.bytes = bytes
  publication.media = media
  publication.duration_s = Math.round(durationMs / 1000)
  if (fault !== undefined) {
    publication.state = 'failed'
    publication.fail_reason = fault
    return
  }
  publication.state = 'working'
  publication.polls_left = req.fault === 'processing' ? SLOW_POLLS : 0
  publication.post_id = publication.mode === 'direct' ? newPostId(req.nowMs) : null
  store.state.posts.accept(
    {
      platform: 'tiktok',
      account_id: publication.account_id,
      platform_post_id: truthId(publication),
      text: publication.description || publication.title,
      media,
    },
    req.nowMs,
  )
}

/** One look at the state, which may end the work. */
export function advance(store: TiktokStore, req: ApiRequest, publication: TiktokPublication): void {
  if (publication.state !== 'working') return
  if (req.fault === 'refuse') {
    publication.state = 'failed'
    publication.fail_reason = 'file_format_check_failed'
    store.state.posts.delete('tiktok', truthId(publication), req.nowMs)
    return
  }
  if (req.fault === 'processing') return
  if (publication.polls_left > 0) publication.polls_left -= 1
  else publication.state = 'done'
}

/** A draft has no post of its own: the person makes it one, or does not. */
function truthId({ post_id, publish_id }: TiktokPublication): string {
  return post_id ?? publish_id
}

/** Seconds in the upper half; odd in the lower, so that no double holds it. */
function newPostId(nowMs: number): string {
  const low = (randomBytes(4).readUInt32BE() | 1) >>> 0
  return ((BigInt(Math.floor(nowMs / 1000)) << 32n) | BigInt(low)).toString()
}
