import type { Account } from '../../core/accounts.ts'
import { type Answer, json, Refusal } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import type { GoogleSite } from '../google/site.ts'
import { authorize } from '../google/tokens.ts'
import { etag, hasChannel, partsOf, READ_SCOPES, spendUnits } from './access.ts'
import { badParameter } from './errors.ts'

/** GET /youtube/v3/channels */
export function listChannels(site: GoogleSite, req: ApiRequest): Answer {
  const { person, client_id } = authorize(site, req, READ_SCOPES)
  spendUnits(site, client_id, req.nowMs, 1)
  const parts = partsOf(req, Object.keys(PARTS))
  const accounts = wanted(site, req, person).filter(hasChannel)
  const items = accounts.map((account) => channel(site, account, parts))
  const pageInfo = { totalResults: items.length, resultsPerPage: 5 }
  const kind = 'youtube#channelListResponse'
  // An account without a channel gets no `items` at all, not an empty list.
  if (items.length === 0) return json(200, { kind, etag: etag(kind), pageInfo })
  return json(200, { kind, etag: etag(JSON.stringify(items)), pageInfo, items })
}

/** Exactly one filter: the token's own channel, or channels by id. */
function wanted(site: GoogleSite, req: ApiRequest, person: string): Account[] {
  const { accounts } = site.store.state
  const ids = (req.query.get('id') ?? '').split(',').filter((one) => one !== '')
  const mine = req.query.get('mine') === 'true'
  const own = accounts.byHandle('youtube', person)
  if (mine && ids.length === 0) return own === undefined ? [] : [own]
  const domain = 'youtube.parameter'
  if (mine) {
    const message = 'Incompatible parameters specified in the request: id, mine'
    throw refused({ message, domain, reason: 'incompatibleParameters', location: '' })
  }
  if (ids.length > 0) return ids.flatMap((id) => accounts.byId('youtube', id) ?? [])
  const names = 'forUsername, managedByMe, categoryId, mine, mySubscribers, id, idParam'
  const message = `No filter selected. Expected one of: ${names}`
  throw refused({ message, domain, reason: 'missingRequiredParameter', location: '' })
}

const PARTS: Record<string, (site: GoogleSite, account: Account) => unknown> = {
  id: () => undefined,
  snippet: (_site, account) => snippet(account),
  statistics: (site, account) => ({
    viewCount: '0',
    subscriberCount: '42',
    hiddenSubscriberCount: false,
    videoCount: String(site.store.state.posts.countOf('youtube', account.account_id)),
  }),
  contentDetails: (_site, { account_id }) => ({
    relatedPlaylists: { likes: '', uploads: `UU${account_id.slice(2)}` },
  }),
  status: () => ({ privacyStatus: 'public', isLinked: true, longUploadsStatus: 'allowed' }),
  brandingSettings: (_site, account) => ({ channel: { title: account.display_name } }),
  topicDetails: () => ({ topicIds: [] }),
}

function channel(
  site: GoogleSite,
  account: Account,
  parts: readonly string[],
): Record<string, unknown> {
  const shown = parts.map((part) => [part, PARTS[part]?.(site, account)])
  const id = account.account_id
  return { kind: 'youtube#channel', etag: etag(id), ...Object.fromEntries(shown), id }
}

function snippet({ account_id, handle, display_name, created_at }: Account): unknown {
  const picture = (size: number) => ({
    url: `https://yt3.ggpht.com/ytc/${account_id}=s${size}-c-k-c0x00ffffff-no-rj`,
    width: size,
    height: size,
  })
  return {
    title: display_name,
    description: '',
    customUrl: `@${handle.toLowerCase()}`,
    publishedAt: created_at,
    thumbnails: { default: picture(88), medium: picture(240), high: picture(800) },
    localized: { title: display_name, description: '' },
  }
}

function refused(problem: Parameters<typeof badParameter>[0]): Refusal {
  return new Refusal(badParameter(problem))
}
