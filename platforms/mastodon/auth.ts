import * as oauth from 'oauth4webapi'
import { z } from 'zod'
import { rejected } from '../../domain/failures.ts'
import { withAccountLimits } from '../account-limits.ts'
import { readJson } from '../ask.ts'
import type {
  Account,
  AccountAccess,
  AppCredentials,
  AuthorizeRequest,
  Authorizer,
  ExchangeRequest,
  Grant,
  RefreshRequest,
} from '../authorizer.ts'
import { urlBelow } from '../base-url.ts'
import type { Call, PlatformHosts } from '../call.ts'
import { s256, toGrant, withOauth } from '../oauth.ts'
import { askInstance, type Instance, instanceOf } from './client.ts'
import { MASTODON_DIALECT, mastodonTokenFailure } from './errors.ts'
import { readInstance, readOauthSupport } from './instance.ts'

/** https://docs.joinmastodon.org/api/oauth-scopes/ */
const SCOPES = ['profile', 'read:accounts', 'read:statuses', 'write:statuses', 'write:media']

const appSchema = z.object({ client_id: z.string().min(1), client_secret: z.string().min(1) })

const accountSchema = z.object({
  id: z.string().min(1),
  username: z.string(),
  display_name: z.string().optional(),
  avatar: z.string().nullish(),
  bot: z.boolean().optional(),
  group: z.boolean().optional(),
})

/** OAuth with an app registered at each server; tokens do not expire. */
export function makeMastodonAuthorizer(hosts: PlatformHosts): Authorizer {
  return {
    platform: 'mastodon',
    method: 'oauth2',
    appKey: 'mastodon',
    refreshModel: 'none',
    revocation: { scope: 'token' },
    needsServiceUrl: true,
    scopes: SCOPES,
    credentialFields: [
      { name: 'instance_url', required: true, secret: false },
      { name: 'access_token', required: true, secret: true },
    ],
    registerApp: async (serviceUrl, redirectUri, call) =>
      registerApp(instanceOf(hosts, serviceUrl), redirectUri, call),
    authorizationUrl: async (request, call) => ({
      url: await authorizationUrl(instanceOf(hosts, request.serviceUrl), request, call),
    }),
    exchange: async (request, call) =>
      exchange(instanceOf(hosts, request.serviceUrl), request, call),
    withCredentials: async (credentials) => grantOf(hosts, credentials),
    revoke: async (request, call) => revoke(instanceOf(hosts, request.serviceUrl), request, call),
    identify: async (access, call) => identify(instanceOf(hosts, access.serviceUrl), access, call),
  }
}

/** https://docs.joinmastodon.org/methods/apps/#create */
async function registerApp(
  instance: Instance,
  redirectUri: string,
  call: Call,
): Promise<AppCredentials> {
  const { profileScope } = await readOauthSupport(instance, call)
  const form = new URLSearchParams({
    client_name: 'Clarion',
    redirect_uris: redirectUri,
    scopes: supported(SCOPES, profileScope).join(' '),
  })
  const answer = await askInstance(instance, { method: 'POST', path: '/api/v1/apps', form }, call)
  const app = readJson(MASTODON_DIALECT, answer, appSchema)
  return { clientId: app.client_id, clientSecret: app.client_secret }
}

async function authorizationUrl(
  instance: Instance,
  request: AuthorizeRequest,
  call: Call,
): Promise<URL> {
  const { pkce, profileScope } = await readOauthSupport(instance, call)
  const scopes = request.scopes.length > 0 ? request.scopes : SCOPES
  return urlBelow(instance.url, '/oauth/authorize', {
    response_type: 'code',
    client_id: request.app.clientId,
    redirect_uri: request.redirectUri,
    scope: supported(scopes, profileScope).join(' '),
    state: request.state,
    ...(pkce ? { code_challenge: s256(request.codeVerifier), code_challenge_method: 'S256' } : {}),
  })
}

async function exchange(instance: Instance, request: ExchangeRequest, call: Call): Promise<Grant> {
  const { pkce, issuer, profileScope } = await readOauthSupport(instance, call)
  const server = { issuer, token_endpoint: urlBelow(instance.url, '/oauth/token').href }
  const client = { client_id: request.app.clientId }
  const auth = oauth.ClientSecretPost(request.app.clientSecret ?? '')
  const context = {
    dialect: MASTODON_DIALECT,
    call,
    trusted: instance.trusted,
    insecure: instance.url.startsWith('http:'),
    effect: 'repeatable' as const,
    refusalOf: mastodonTokenFailure,
  }
  const grant = await withOauth(context, async (options) => {
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      auth,
      oauth.validateAuthResponse(server, client, request.params, request.state),
      request.redirectUri,
      pkce ? request.codeVerifier : oauth.nopkce,
      options,
    )
    const tokens = await oauth.processAuthorizationCodeResponse(server, client, response)
    return toGrant(tokens, supported(SCOPES, profileScope))
  })
  return { ...grant, serviceUrl: instance.url }
}

/** A token made in the account's settings; its scopes cannot be asked for, so none are claimed. */
function grantOf(hosts: PlatformHosts, credentials: Readonly<Record<string, string>>): Grant {
  const accessToken = credentials.access_token?.trim() ?? ''
  const typedUrl = credentials.instance_url?.trim() ?? ''
  if (accessToken === '' || typedUrl === '') {
    const message = 'Please give the address of the server and an access token.'
    throw rejected({ code: 'credentials_incomplete', message })
  }
  const { url } = instanceOf(hosts, typedUrl)
  return { accessToken, tokenType: 'bearer', scopes: [], serviceUrl: url }
}

/** https://docs.joinmastodon.org/methods/oauth/#revoke; only the app that got a token can end it. */
async function revoke(instance: Instance, request: RefreshRequest, call: Call): Promise<void> {
  const { app } = request
  if (!app?.clientSecret) return
  const form = new URLSearchParams({
    client_id: app.clientId,
    client_secret: app.clientSecret,
    token: request.accessToken,
  })
  await askInstance(instance, { method: 'POST', path: '/oauth/revoke', form }, call)
}

async function identify(instance: Instance, access: AccountAccess, call: Call): Promise<Account> {
  const path = '/api/v1/accounts/verify_credentials'
  const request = { method: 'GET' as const, path, token: access.accessToken }
  const answer = await askInstance(instance, request, call)
  const account = readJson(MASTODON_DIALECT, answer, accountSchema)
  const facts = await readInstance(instance, call)
  return {
    // Account ids are only unique on their server.
    platformAccountId: `${instance.url.replace(/^https?:\/\//, '')}/${account.id}`,
    handle: `${account.username}@${facts.domain}`,
    displayName: account.display_name || null,
    profileImageUrl: account.avatar ?? null,
    kind: account.bot ? 'bot' : account.group ? 'group' : 'personal',
    serviceUrl: instance.url,
    metadata: withAccountLimits({ instance_version: facts.version }, facts.limits),
  }
}

/** Servers before 4.3 refuse the whole request for the unknown scope `profile`. */
function supported(scopes: readonly string[], profileScope: boolean): string[] {
  return scopes.filter((scope) => scope !== 'profile' || profileScope)
}
