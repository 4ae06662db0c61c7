import { presentAccount } from './accounts.ts'
import { type Entity, entitiesOf, toHtml } from './format.ts'
import { presentAttachment } from './present-attachment.ts'
import { attachmentsOf, type MastodonStore, type Poll, type Status } from './store.ts'

/** https://docs.joinmastodon.org/entities/Status/ */
export function presentStatus(
  store: MastodonStore,
  status: Status,
  origin: string,
): Record<string, unknown> {
  const account = store.state.accounts.byId('mastodon', status.account_id)
  const handle = account?.handle ?? 'deleted'
  const app = store.apps.get(status.client_id)
  const parent =
    status.in_reply_to_id === null ? undefined : store.statuses.get(status.in_reply_to_id)
  const entities = entitiesOf(status.text)
  return {
    id: status.id,
    created_at: new Date(status.created_at_ms).toISOString(),
    in_reply_to_id: status.in_reply_to_id,
    in_reply_to_account_id: parent?.account_id ?? null,
    sensitive: status.sensitive,
    spoiler_text: status.spoiler_text,
    visibility: status.visibility,
    language: status.language,
    uri: `${origin}/users/${handle}/statuses/${status.id}`,
    url: `${origin}/@${handle}/${status.id}`,
    replies_count: countOf(store, (one) => one.in_reply_to_id === status.id),
    reblogs_count: 0,
    favourites_count: 0,
    quotes_count: countOf(store, (one) => one.quoted_status_id === status.id),
    quote: quoteOf(store, status, origin),
    edited_at: null,
    favourited: false,
    reblogged: false,
    muted: false,
    bookmarked: false,
    pinned: false,
    content: toHtml(status.text, {
      origin,
      profileOf: (user, host) => profilePath(store, origin, user, host),
    }),
    filtered: [],
    reblog: null,
    application: { name: app?.name ?? 'Web', website: app?.website ?? null },
    account: account === undefined ? null : presentAccount(store, account, origin),
    media_attachments: attachmentsOf(store, status).map((one) => presentAttachment(one, origin)),
    mentions: mentions(store, entities, origin),
    tags: tags(entities, origin),
    emojis: [],
    card: null,
    poll: status.poll === null ? null : presentPoll(status.id, status.poll),
  }
}

function countOf(store: MastodonStore, matches: (status: Status) => boolean): number {
  let count = 0
  for (const one of store.statuses.values()) if (matches(one)) count++
  return count
}

/** https://docs.joinmastodon.org/entities/Quote/ : one level deep. */
function quoteOf(store: MastodonStore, { quoted_status_id }: Status, origin: string): unknown {
  if (quoted_status_id === null) return null
  const quoted = store.statuses.get(quoted_status_id)
  if (quoted === undefined) return { state: 'deleted', quoted_status: null }
  const shown = presentStatus(store, { ...quoted, quoted_status_id: null }, origin)
  return { state: 'accepted', quoted_status: shown }
}

/** Only accounts of this instance are linked; others stay text. */
function profilePath(
  store: MastodonStore,
  origin: string,
  user: string,
  host: string | undefined,
): string | undefined {
  if (host !== undefined && host !== new URL(origin).host) return undefined
  const account = store.state.accounts.byHandle('mastodon', user)
  return account === undefined ? undefined : `/@${account.handle}`
}

function mentions(store: MastodonStore, entities: Entity[], origin: string): unknown[] {
  const known = entities.flatMap((entity) => {
    if (entity.kind !== 'mention') return []
    if (profilePath(store, origin, entity.user, entity.host) === undefined) return []
    return store.state.accounts.byHandle('mastodon', entity.user) ?? []
  })
  return [...new Set(known)].map((account) => ({
    id: account.account_id,
    username: account.handle,
    url: `${origin}/@${account.handle}`,
    acct: account.handle,
  }))
}

function tags(entities: Entity[], origin: string): unknown[] {
  const names = entities.flatMap((one) => (one.kind === 'tag' ? [one.tag.toLowerCase()] : []))
  return [...new Set(names)].map((name) => ({
    name,
    url: `${origin}/tags/${encodeURIComponent(name)}`,
  }))
}

function presentPoll(id: string, poll: Poll): Record<string, unknown> {
  return {
    id,
    expires_at: new Date(poll.expires_at_ms).toISOString(),
    expired: false,
    multiple: poll.multiple,
    votes_count: 0,
    voters_count: 0,
    voted: true,
    own_votes: [],
    options: poll.options.map((title) => ({ title, votes_count: 0 })),
    emojis: [],
  }
}
