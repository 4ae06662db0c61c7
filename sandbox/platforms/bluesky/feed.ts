import { type Answer, json } from '../../http/answer.ts'
import { isRecord } from '../../http/body.ts'
import type { ApiRequest } from '../../http/request.ts'
import { authorize } from './sessions.ts'
import { type BlueskyStore, type RepoRecord, recordUri } from './store.ts'

const POST = 'app.bsky.feed.post'

/**
 * GET app.bsky.feed.getPosts: what the app view shows, to visitors too, as public.api.bsky.app does.
 * Posts that are gone are left out.
 */
export function getPosts(store: BlueskyStore, req: ApiRequest): Answer {
  if (req.header('authorization') !== undefined) {
    authorize(store, req, 'rpc:app.bsky.feed.getPosts?aud=did:web:api.bsky.app%23bsky_appview')
  }
  const posts = req.query.getAll('uris').flatMap((uri) => store.records.get(uri) ?? [])
  return json(200, { posts: posts.map((post) => postView(store, post, req.origin)) })
}

/** https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/feed/defs.json */
function postView(store: BlueskyStore, post: RepoRecord, origin: string): unknown {
  const account = store.state.accounts.byId('bluesky', post.did)
  const uri = recordUri(post)
  const embed = isRecord(post.value.embed) ? embedView(store, post, post.value.embed, origin) : {}
  return {
    uri,
    cid: post.cid,
    author: { did: post.did, handle: account?.handle, displayName: account?.display_name },
    record: post.value,
    ...embed,
    replyCount: repliesTo(store, uri),
    repostCount: 0,
    likeCount: 0,
    quoteCount: 0,
    bookmarkCount: 0,
    indexedAt: String(post.value.createdAt),
    labels: [],
  }
}

function repliesTo(store: BlueskyStore, uri: string): number {
  const posts = [...store.records.values()].filter(({ collection }) => collection === POST)
  return posts.filter(({ value }) => parentOf(value) === uri).length
}

function parentOf({ reply }: Record<string, unknown>): unknown {
  return isRecord(reply) && isRecord(reply.parent) ? reply.parent.uri : undefined
}

/** Images and videos with addresses where they can be fetched; other embeds as they were written. */
function embedView(
  store: BlueskyStore,
  { did }: RepoRecord,
  embed: Record<string, unknown>,
  origin: string,
): Record<string, unknown> {
  const urlOf = (blob: unknown): string => {
    const cid = isRecord(blob) && isRecord(blob.ref) ? String(blob.ref.$link) : ''
    return `${origin}/_sandbox/media/${store.blobs.get(`${did} ${cid}`)?.sha256 ?? ''}`
  }
  if (embed.$type === 'app.bsky.embed.images' && Array.isArray(embed.images)) {
    const images = embed.images.map(({ image, alt, aspectRatio }) => {
      const url = urlOf(image)
      return { thumb: url, fullsize: url, alt, aspectRatio }
    })
    return { embed: { $type: 'app.bsky.embed.images#view', images } }
  }
  if (embed.$type === 'app.bsky.embed.video' && isRecord(embed.video)) {
    const { alt, aspectRatio, video } = embed
    const cid = isRecord(video.ref) ? video.ref.$link : undefined
    const view = { cid, playlist: urlOf(video), alt, aspectRatio }
    return { embed: { $type: 'app.bsky.embed.video#view', ...view } }
  }
  return { embed: { ...embed, $type: `${String(embed.$type)}#view` } }
}
