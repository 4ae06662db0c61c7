import type { Account } from '../../core/accounts.ts'
import type { Answer } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { authorize } from './access.ts'
import { refuse } from './errors.ts'
import type { MastodonStore } from './store.ts'

/** GET /api/v1/accounts/verify_credentials */
export function verifyCredentials(store: MastodonStore, req: ApiRequest): Answer {
  const token = authorize(store, req, ['profile', 'read:accounts'])
  const account = accountOr404(store, token.account_id)
  const source = {
    privacy: 'public',
    sensitive: false,
    language: null,
    note: '',
    fields: [],
    follow_requests_count: 0,
  }
  return { status: 200, body: { ...presentAccount(store, account, req.origin), source } }
}

/** GET /api/v1/accounts/:id */
export function showAccount(store: MastodonStore, req: ApiRequest): Answer {
  const account = accountOr404(store, req.params.id ?? '')
  return { status: 200, body: presentAccount(store, account, req.origin) }
}

/** Ids of another instance mean nothing here. */
export function accountOr404(store: MastodonStore, id: string): Account {
  const account = store.state.accounts.byId('mastodon', id)
  if (account === undefined) throw refuse(404)
  return account
}

/** https://docs.joinmastodon.org/entities/Account/ */
export function presentAccount(
  store: MastodonStore,
  account: Account,
  origin: string,
): Record<string, unknown> {
  const avatar = `${origin}/avatars/original/missing.png`
  const header = `${origin}/headers/original/missing.png`
  const statuses = store.byAccount.get(account.account_id) ?? []
  const last = statuses.at(-1)
  return {
    id: account.account_id,
    username: account.handle,
    acct: account.handle,
    display_name: account.display_name,
    locked: false,
    bot: false,
    discoverable: true,
    group: false,
    created_at: `${account.created_at.slice(0, 10)}T00:00:00.000Z`,
    note: '',
    url: `${origin}/@${account.handle}`,
    uri: `${origin}/users/${account.handle}`,
    avatar,
    avatar_static: avatar,
    header,
    header_static: header,
    followers_count: 42,
    following_count: 17,
    statuses_count: statuses.length,
    last_status_at:
      last === undefined ? null : new Date(last.created_at_ms).toISOString().slice(0, 10),
    emojis: [],
    fields: [],
  }
}
