import { randomBytes } from 'node:crypto'
import type { Answer } from '../../http/answer.ts'
import { fields, textField } from '../../http/body.ts'
import type { ApiRequest } from '../../http/request.ts'
import { invalid } from './errors.ts'
import { parseScopes, SCOPES } from './scopes.ts'
import type { MastodonApp, MastodonStore } from './store.ts'

export const OUT_OF_BAND = 'urn:ietf:wg:oauth:2.0:oob'
const FORBIDDEN_SCHEMES = new Set(['data:', 'vbscript:', 'javascript:'])

/** POST /api/v1/apps https://docs.joinmastodon.org/methods/apps/#create */
export function registerApp(store: MastodonStore, req: ApiRequest): Answer {
  const name = textField(req.body, 'client_name') ?? ''
  if (name.trim() === '') throw invalid("Application name can't be blank")
  const redirectUris = readRedirectUris(fields(req.body).redirect_uris)
  const scopes = parseScopes(textField(req.body, 'scopes') ?? 'read')
  if (!scopes.every((scope) => SCOPES.includes(scope))) {
    throw invalid("Scopes doesn't match configured on the server.")
  }
  const website = textField(req.body, 'website') ?? null
  const app = addApp(store, { name, website, redirect_uris: redirectUris, scopes })
  return { status: 200, body: presentApp(app) }
}

/** Stores a client with a new id and secret. */
export function addApp(
  store: MastodonStore,
  draft: Pick<MastodonApp, 'name' | 'website' | 'redirect_uris' | 'scopes'>,
): MastodonApp {
  const app = {
    ...draft,
    id: String(store.apps.size + 1),
    client_id: randomBytes(24).toString('base64url'),
    client_secret: store.state.secrets.issue('mastodon_client'),
  }
  store.apps.set(app.client_id, app)
  return app
}

/** A string may hold several, separated by white space; 4.3 also takes a list. */
function readRedirectUris(value: unknown): string[] {
  const list = Array.isArray(value) ? value.map(String) : String(value ?? '').split(/\s+/)
  const uris = list.filter((uri) => uri !== '')
  if (uris.length === 0) throw invalid("Redirect URI can't be blank")
  if (!uris.every(isRedirectUri)) throw invalid('Redirect URI must be an absolute URI.')
  return uris
}

function isRedirectUri(uri: string): boolean {
  if (uri === OUT_OF_BAND) return true
  if (!URL.canParse(uri)) return false
  const url = new URL(uri)
  return !FORBIDDEN_SCHEMES.has(url.protocol) && url.hash === ''
}

function presentApp(app: MastodonApp): Record<string, unknown> {
  return {
    id: app.id,
    name: app.name,
    website: app.website,
    scopes: app.scopes,
    redirect_uris: app.redirect_uris,
    redirect_uri: app.redirect_uris.join('\n'),
    client_id: app.client_id,
    client_secret: app.client_secret,
    client_secret_expires_at: 0,
    vapid_key: '',
  }
}
