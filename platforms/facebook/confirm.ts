import type { Access, Call, PlatformHosts } from '../call.ts'
import type { Attempt, Confirmation, Connector } from '../connector.ts'
import { permalinkOf, toPermalink } from '../meta/account.ts'
import {
  absentOnceQuiet,
  cannotTell,
  found,
  isSameText,
  judge,
  readWindow,
} from '../meta/search.ts'
import { asSentence } from '../platform-words.ts'
import { type ConfirmTiming, quietSince } from '../timing.ts'
import { type PageAccount, pageAccount } from './account.ts'
import { formOf, readState, storyNotes } from './state.ts'
import { readVideo } from './video-status.ts'

const CHECK_AGAIN_MS = 5_000

/** By the video's own status where there is one, else by the Page's lists. */
export function makeFacebookConfirm(
  hosts: PlatformHosts,
  timing: ConfirmTiming,
): NonNullable<Connector['confirm']> {
  return async (attempt: Attempt, access: Access, call: Call) => {
    // Read before anything else: what lands while we read must not be missed.
    const isQuiet = quietSince(attempt, timing)
    const account = pageAccount(hosts, access)
    switch (formOf(attempt.draft)) {
      case 'feed':
        return confirmPost(account, attempt, isQuiet, call)
      case 'comment':
        return confirmComment(account, attempt, isQuiet, call)
      case 'photo_story':
        return confirmPhotoStory(account, attempt, call)
      default:
        return confirmVideo(account, attempt, isQuiet, call)
    }
  }
}

/** https://developers.facebook.com/docs/graph-api/reference/page/published_posts */
async function confirmPost(
  account: PageAccount,
  attempt: Attempt,
  isQuiet: boolean,
  call: Call,
): Promise<Confirmation> {
  const fields = 'id,message,created_time,permalink_url'
  const list = { path: `/${account.id}/published_posts`, query: { fields } }
  const window = await readWindow(account, list, attempt, call)
  const matches = window.items.filter((one) => isSameText(one.text, attempt.draft.text))
  if (matches.length === 0 && attempt.failureCode === 'facebook_duplicate') {
    return cannotTell('Facebook calls this post a repeat, but no post of this time is like it.')
  }
  return judge(window, matches, isQuiet)
}

/** https://developers.facebook.com/docs/graph-api/reference/object/comments */
async function confirmComment(
  account: PageAccount,
  { draft, ...attempt }: Attempt,
  isQuiet: boolean,
  call: Call,
): Promise<Confirmation> {
  const fields = 'id,message,created_time'
  const query = { filter: 'stream', order: 'reverse_chronological', fields }
  const path = `/${draft.root?.metadata?.video_id ?? draft.root?.platformPostId}/comments`
  const window = await readWindow(account, { path, query }, { draft, ...attempt }, call)
  const matches = window.items.filter((one) => isSameText(one.text, draft.text))
  return judge(window, matches, isQuiet)
}

/** The list shows stories of a Page only while its archive is on, so nothing proves an absence. */
async function confirmPhotoStory(
  account: PageAccount,
  attempt: Attempt,
  call: Call,
): Promise<Confirmation> {
  const [photo] = readState(attempt.prepared).photos
  const list = { path: `/${account.id}/stories`, query: {} }
  const { items } = await readWindow(account, list, attempt, call)
  const match = items.find(({ raw }) => photo !== undefined && `${raw.media_id}` === photo)
  if (match) return found(match, storyNotes(attempt.draft))
  return cannotTell('Facebook does not tell whether it published a story with a picture.')
}

async function confirmVideo(
  account: PageAccount,
  attempt: Attempt,
  isQuiet: boolean,
  call: Call,
): Promise<Confirmation> {
  const videoId = attempt.accepted?.video_id ?? readState(attempt.prepared).video?.videoId
  if (videoId === undefined) return absentOnceQuiet(isQuiet)
  const { stage, postId, permalink, why } = await readVideo(account, videoId, call)
  switch (stage) {
    case 'published':
      return {
        outcome: 'found',
        post: {
          platformPostId: postId ?? attempt.accepted?.post_id ?? videoId,
          permalink: toPermalink(permalink) ?? (await permalinkOf(account, videoId, call)),
          metadata: { video_id: videoId },
          ...storyNotes(attempt.draft),
        },
      }
    case 'failed': {
      const message = `Facebook could not process the video${why ? `: ${asSentence(why)}` : '.'}`
      return { outcome: 'refused', code: 'facebook_processing_failed', message }
    }
    case 'waiting':
      if (attempt.accepted === undefined) return absentOnceQuiet(isQuiet)
      return processing()
    case 'busy':
    case 'finished':
      return processing()
    case 'gone':
      return cannotTell('Facebook shows the video no more.')
  }
}

function processing(): Confirmation {
  const message = 'Facebook is still processing the video.'
  return { outcome: 'processing', checkAgainMs: CHECK_AGAIN_MS, message }
}
