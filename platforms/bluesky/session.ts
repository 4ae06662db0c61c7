import { z } from 'zod'
import { readJson } from '../ask.ts'
import type { Grant } from '../authorizer.ts'
import { parseServiceUrl } from '../base-url.ts'
import type { HttpAnswer } from '../http.ts'
import { BLUESKY_DIALECT } from './errors.ts'

/** Lifetimes of a PDS, used when a token does not say: 2 hours and 90 days. */
const ACCESS_MS = 2 * 60 * 60_000
const REFRESH_MS = 90 * 24 * 60 * 60_000

const didDocSchema = z.object({
  service: z.array(z.object({ id: z.string(), serviceEndpoint: z.unknown() })).optional(),
})

export const sessionSchema = z.object({
  accessJwt: z.string().min(1),
  refreshJwt: z.string().min(1),
  did: z.string().startsWith('did:'),
  handle: z.string(),
  didDoc: z.unknown().optional(),
  active: z.boolean().optional(),
})

export interface LoginSecrets {
  identifier?: string
  app_password?: string
}

/** Tokens, their lifetimes, and the PDS that the DID document names for the account. */
export function readSession(
  answer: HttpAnswer,
  askedAt: string,
  secrets: LoginSecrets,
  now = new Date(),
): Grant & { active: boolean } {
  const session = readJson(BLUESKY_DIALECT, answer, sessionSchema)
  const stored = Object.entries(secrets).filter(([, secret]) => secret !== undefined)
  return {
    accessToken: session.accessJwt,
    tokenType: 'bearer',
    expiresAt: expiryOf(session.accessJwt) ?? new Date(now.getTime() + ACCESS_MS),
    refreshToken: session.refreshJwt,
    refreshExpiresAt: expiryOf(session.refreshJwt) ?? new Date(now.getTime() + REFRESH_MS),
    ...(stored.length > 0 ? { secrets: Object.fromEntries(stored) } : {}),
    scopes: [],
    serviceUrl: pdsOf(session.didDoc) ?? askedAt,
    active: session.active !== false,
  }
}

/** https://atproto.com/specs/did#did-documents: the `#atproto_pds` service. */
export function pdsOf(didDoc: unknown): string | undefined {
  const parsed = didDocSchema.safeParse(didDoc)
  if (!parsed.success) return undefined
  const service = parsed.data.service?.find(({ id }) => id.endsWith('#atproto_pds'))
  const endpoint = service?.serviceEndpoint
  return typeof endpoint === 'string' ? parseServiceUrl(endpoint) : undefined
}

/** The `exp` of a JWT, unverified: it only plans the refresh. */
function expiryOf(jwt: string): Date | undefined {
  const payload = jwt.split('.')[1]
  if (!payload) return undefined
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
    const parsed = z.object({ exp: z.number().int().positive() }).safeParse(claims)
    return parsed.success ? new Date(parsed.data.exp * 1000) : undefined
  } catch {
    // Opaque tokens are allowed; the documented lifetime stands in.
    return undefined
  }
}
