import type { Access, Call } from '../call.ts'
import type { Attempt, Confirmation, Connector } from '../connector.ts'
import type { MetaAccount } from '../meta/account.ts'
import { readContainers } from '../meta/containers.ts'
import {
  absentOnceQuiet,
  cannotTell,
  found,
  isSameText,
  judge,
  judgeContainer,
  type Listed,
  onlyOne,
  readWindow,
} from '../meta/search.ts'
import { parseSettings } from '../settings.ts'
import { type ConfirmTiming, quietSince } from '../timing.ts'
import { type InstagramHosts, instagramAccount } from './account.ts'
import { readContainer, storyNotes } from './containers.ts'
import { containerFailure } from './errors.ts'
import { instagramSettings, isReel } from './limits.ts'

const WORDS = { platformName: 'Instagram', failureOf: containerFailure }

/**
 * The container tells whether it was published, and never as what: the post itself is looked for in
 * the account's list by caption and time.
 */
export function makeInstagramConfirm(
  hosts: InstagramHosts,
  timing: ConfirmTiming,
): NonNullable<Connector['confirm']> {
  return async (attempt: Attempt, access: Access, call: Call) => {
    // Read before anything else: what lands while we read must not be missed.
    const isQuiet = quietSince(attempt, timing)
    const account = instagramAccount(hosts, access)
    if (attempt.draft.role === 'comment') return confirmComment(account, attempt, isQuiet, call)
    const { container } = readContainers(attempt.prepared)
    if (container === undefined) return absentOnceQuiet(isQuiet)
    const report = await readContainer(account, container, call)
    return judgeContainer(report, isQuiet, WORDS) ?? findPost(account, attempt, call)
  }
}

/** https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/media */
async function findPost(account: MetaAccount, attempt: Attempt, call: Call): Promise<Confirmation> {
  const { draft } = attempt
  const isStory = parseSettings(instagramSettings, draft.settings).kind === 'story'
  const edge = isStory ? 'stories' : 'media'
  const fields = 'id,caption,timestamp,permalink,media_product_type'
  const list = { path: `/${account.id}/${edge}`, query: { fields } }
  const { items } = await readWindow(account, list, attempt, call)
  const matches = items.filter((one) => isStory || isSamePost(one, attempt))
  const match = onlyOne(matches)
  if (match) return found(match, storyNotes(draft))
  return cannotTell(
    matches.length > 1
      ? 'Instagram published the post; several in its list look like it.'
      : 'Instagram has the post, and its list does not show it yet.',
  )
}

function isSamePost({ text, raw }: Listed, { draft }: Attempt): boolean {
  const type = raw.media_product_type
  const expected = isReel(draft.media, parseSettings(instagramSettings, draft.settings))
  const isOther = typeof type === 'string' && (type === 'REELS') !== expected
  return !isOther && isSameText(text, draft.text)
}

/** https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-media/comments */
async function confirmComment(
  account: MetaAccount,
  attempt: Attempt,
  isQuiet: boolean,
  call: Call,
): Promise<Confirmation> {
  const { root, text } = attempt.draft
  const path = `/${root?.platformPostId}/comments`
  const list = { path, query: { fields: 'id,text,timestamp' } }
  const window = await readWindow(account, list, attempt, call)
  const matches = window.items.filter((one) => isSameText(one.text, text))
  return judge(window, matches, isQuiet, { permalink: null, metadata: { part: 'comment' } })
}
