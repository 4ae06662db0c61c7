import { z } from 'zod'
import type { Access, Call, PlatformHosts } from '../call.ts'
import type { Attempt, Confirmation, Connector } from '../connector.ts'
import type { MetaAccount } from '../meta/account.ts'
import { readContainers } from '../meta/containers.ts'
import {
  absentOnceQuiet,
  cannotTell,
  found,
  judgeContainer,
  type Listed,
  onlyOne,
  readWindow,
} from '../meta/search.ts'
import { type ConfirmTiming, quietSince, windowStart } from '../timing.ts'
import { threadsAccount } from './account.ts'
import { parentOf, readContainer, tagNotes } from './containers.ts'
import { containerFailure } from './errors.ts'
import { isPublishedText } from './text.ts'

const WORDS = { platformName: 'Threads', failureOf: containerFailure }

/**
 * The container tells whether it was published, and never as what: the post itself is looked for in
 * the profile's lists by text and time.
 */
export function makeThreadsConfirm(
  hosts: PlatformHosts,
  timing: ConfirmTiming,
): NonNullable<Connector['confirm']> {
  return async (attempt: Attempt, access: Access, call: Call) => {
    // Read before anything else: what lands while we read must not be missed.
    const isQuiet = quietSince(attempt, timing)
    const account = threadsAccount(hosts, access)
    const { container } = readContainers(attempt.prepared)
    if (container === undefined) return absentOnceQuiet(isQuiet)
    const report = await readContainer(account, container, call)
    return judgeContainer(report, isQuiet, WORDS) ?? findPost(account, attempt, call)
  }
}

/** https://developers.facebook.com/docs/threads/threads-media */
async function findPost(account: MetaAccount, attempt: Attempt, call: Call): Promise<Confirmation> {
  const isReply = parentOf(attempt.draft) !== undefined
  const list = {
    path: isReply ? '/me/replies' : '/me/threads',
    query: {
      fields: `id,text,timestamp,permalink,media_type${isReply ? ',replied_to' : ''}`,
      since: String(Math.floor(windowStart(attempt).getTime() / 1000)),
    },
  }
  const { items } = await readWindow(account, list, attempt, call)
  const matches = items.filter((one) => isSamePost(one, attempt))
  const match = onlyOne(matches)
  if (match) return found(match, tagNotes(readContainers(attempt.prepared)))
  return cannotTell(
    matches.length > 1
      ? 'Threads published the post; several in its list look like it.'
      : 'Threads has the post, and its list does not show it yet.',
  )
}

const REPOST = 'REPOST_FACADE'
const repliedTo = z.object({ id: z.union([z.string(), z.number()]).transform(String) })

function isSamePost({ text, raw }: Listed, { draft }: Attempt): boolean {
  if (raw.media_type === REPOST) return false
  const parent = repliedTo.safeParse(raw.replied_to)
  if (parent.success && parent.data.id !== parentOf(draft)) return false
  return isPublishedText(text, draft.text)
}
