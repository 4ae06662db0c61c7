import type { Account } from '../../core/accounts.ts'
import { type Answer, Refusal } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { apiError, ok } from './errors.ts'
import { refuseTooMany, spend } from './limits.ts'
import { type TiktokStore, unionIdOf } from './store.ts'
import { authorizeFor } from './tokens.ts'

/** The one built-in person whose account is private. */
const PRIVATE_CREATOR = 'carol'

/** What a creator may choose and how long a video may be. */
export interface Creator {
  privacyLevels: readonly string[]
  isPrivate: boolean
  maxVideoS: number
}

/** https://developers.tiktok.com/doc/content-posting-api-reference-query-creator-info */
export function creatorOf({ handle }: Account): Creator {
  if (handle !== PRIVATE_CREATOR) {
    const privacyLevels = ['PUBLIC_TO_EVERYONE', 'MUTUAL_FOLLOW_FRIENDS', 'SELF_ONLY']
    return { privacyLevels, isPrivate: false, maxVideoS: 600 }
  }
  const privacyLevels = ['FOLLOWER_OF_CREATOR', 'MUTUAL_FOLLOW_FRIENDS', 'SELF_ONLY']
  return { privacyLevels, isPrivate: true, maxVideoS: 60 }
}

/** The account of a grant. */
export function accountOf(store: TiktokStore, req: ApiRequest, accountId: string): Account {
  const account = store.state.accounts.byId('tiktok', accountId)
  if (account !== undefined) return account
  throw new Refusal(apiError(req, 401))
}

/** POST /v2/post/publish/creator_info/query/: also tells early that the day is used up. */
export function showCreator(store: TiktokStore, req: ApiRequest): Answer {
  const grant = authorizeFor(store, req, 'video.publish')
  spend(store, req, grant, 'creator_info/query')
  refuseTooMany(store, req, grant.account_id, 'direct')
  const account = accountOf(store, req, grant.account_id)
  const { privacyLevels, isPrivate, maxVideoS } = creatorOf(account)
  const avatar = `https://p16-sign-va.tiktokcdn.com/${unionIdOf(account.account_id)}`
  return ok(req, {
    creator_avatar_url: `${avatar}~c5_168x168.webp`,
    creator_username: account.handle,
    creator_nickname: account.display_name,
    privacy_level_options: privacyLevels,
    comment_disabled: false,
    // Nobody can duet or stitch what is private.
    duet_disabled: isPrivate,
    stitch_disabled: isPrivate,
    max_video_post_duration_sec: maxVideoS,
  })
}
