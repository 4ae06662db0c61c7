import { z } from 'zod'
import { rejected } from '../../domain/failures.ts'
import type { Access, Call, PlatformHosts } from '../call.ts'
import type { Attempt, Committed, Confirmation, Draft } from '../connector.ts'
import { type ConfirmTiming, quietSince, windowStart } from '../timing.ts'
import { readYoutube, readYoutubeJson, writeYoutube } from './client.ts'
import { commentPermalink } from './permalink.ts'

/** Tells `remove` what an id names. */
export const COMMENT = { kind: 'comment' } as const

const PAGE_SIZE = 100
const MAX_PAGES = 3

const createdSchema = z.object({ id: z.string().min(1) })

/** https://developers.google.com/youtube/v3/docs/commentThreads/insert (50 units) */
export async function commitComment(
  hosts: PlatformHosts,
  draft: Draft,
  access: Access,
  call: Call,
): Promise<Committed> {
  const videoId = videoOf(draft)
  const topLevelComment = { snippet: { textOriginal: draft.text } }
  const request = {
    method: 'POST' as const,
    path: 'commentThreads',
    query: { part: 'snippet' },
    json: { snippet: { channelId: access.accountId, videoId, topLevelComment } },
  }
  const answer = await writeYoutube(hosts, request, access, call, 'irreversible')
  const { id } = readYoutubeJson(answer, createdSchema, 'irreversible')
  return commentOf(hosts, videoId, id)
}

const threadsSchema = z.object({
  items: z
    .array(
      z.object({
        id: z.string(),
        snippet: z.object({
          topLevelComment: z.object({
            snippet: z.object({
              textOriginal: z.string().optional(),
              textDisplay: z.string().optional(),
              authorChannelId: z.object({ value: z.string() }).optional(),
              publishedAt: z.string().optional(),
            }),
          }),
        }),
      }),
    )
    .default([]),
  nextPageToken: z.string().optional(),
})

type Thread = z.output<typeof threadsSchema>['items'][number]

/** Looks for the text among the newest comments of the video, back to the start of the intent. */
export async function findComment(context: {
  hosts: PlatformHosts
  timing: ConfirmTiming
  attempt: Attempt
  access: Access
  call: Call
}): Promise<Confirmation> {
  const { hosts, timing, attempt, access, call } = context
  const quiet = quietSince(attempt, timing)
  const videoId = videoOf(attempt.draft)
  const from = windowStart(attempt)
  let pageToken: string | undefined
  for (let page = 0; page < MAX_PAGES; page++) {
    const query = { part: 'snippet', videoId, order: 'time', maxResults: `${PAGE_SIZE}`, pageToken }
    const request = { path: 'commentThreads', query }
    const { items, nextPageToken } = await readYoutube(hosts, request, threadsSchema, access, call)
    const inside = items.filter((thread) => publishedAt(thread) >= from)
    const match = inside.find((thread) => isOurs(thread, attempt, access))
    if (match) return { outcome: 'found', post: commentOf(hosts, videoId, match.id) }
    pageToken = nextPageToken
    if (!pageToken || inside.length < items.length) {
      if (quiet) return { outcome: 'absent' }
      break
    }
  }
  return { outcome: 'cannot_tell', message: 'Look at the comments of the video.' }
}

function isOurs({ id, snippet }: Thread, attempt: Attempt, access: Access): boolean {
  const { textOriginal, textDisplay, authorChannelId } = snippet.topLevelComment.snippet
  if (attempt.excludedPostIds?.includes(id)) return false
  const text = textOriginal ?? textDisplay ?? ''
  return authorChannelId?.value === access.accountId && text.trim() === attempt.draft.text.trim()
}

function publishedAt({ snippet }: Thread): Date {
  return new Date(snippet.topLevelComment.snippet.publishedAt ?? 0)
}

function videoOf({ root }: Draft): string {
  if (root) return root.platformPostId
  throw rejected({ code: 'youtube_not_found', message: 'There is no video to comment on.' })
}

function commentOf(hosts: PlatformHosts, videoId: string, id: string): Committed {
  const permalink = commentPermalink(hosts, videoId, id)
  return { platformPostId: id, permalink, metadata: COMMENT }
}
