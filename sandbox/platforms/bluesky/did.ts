import type { Account } from '../../core/accounts.ts'
import { type Answer, json } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { invalidRequest } from './errors.ts'
import type { BlueskyStore } from './store.ts'

/** https://atproto.com/specs/did : it names the handle, and the PDS that holds the repo. */
export function didDocument(account: Account, origin: string): Record<string, unknown> {
  return {
    '@context': ['https://www.w3.org/ns/did/v1'],
    id: account.account_id,
    alsoKnownAs: [`at://${account.handle}`],
    verificationMethod: [],
    service: [{ id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint: origin }],
  }
}

/** GET /{did}: what the PLC directory answers, `{sandbox}/bluesky` being its base URL. */
export function showDidDocument(store: BlueskyStore, req: ApiRequest): Answer {
  const did = req.params.did ?? ''
  const account = store.state.accounts.byId('bluesky', did)
  if (account === undefined) return json(404, { message: `DID not registered: ${did}` })
  return { ...json(200, didDocument(account, req.origin)), contentType: 'application/did+ld+json' }
}

/** GET com.atproto.repo.describeRepo: public, by DID or handle. */
export function describeRepo(store: BlueskyStore, req: ApiRequest): Answer {
  const repo = req.query.get('repo') ?? ''
  const { accounts } = store.state
  const account = accounts.byId('bluesky', repo) ?? accounts.byHandle('bluesky', repo)
  if (account === undefined) throw invalidRequest(`Could not find repo: ${repo}`)
  const did = account.account_id
  const keys = [...store.collections.keys()].filter((key) => key.startsWith(`${did} `))
  return json(200, {
    handle: account.handle,
    did,
    didDoc: didDocument(account, req.origin),
    collections: keys.map((key) => key.slice(did.length + 1)),
    handleIsCorrect: true,
  })
}
