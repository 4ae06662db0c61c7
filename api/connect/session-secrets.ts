import { z } from 'zod'
import type { OauthSession } from '../../db/entities/oauth-session.ts'
import { REFRESH_MODELS } from '../../domain/connection-state.ts'
import { tokenContext } from '../../domain/token-context.ts'
import type { CoveredAccount, Grant } from '../../platforms/registry.ts'
import type { TokenCipher } from '../../vault/token-cipher.ts'

/** What a redirect needs again at its callback. */
export interface RedirectSecrets {
  codeVerifier: string
  secrets: Readonly<Record<string, string>>
  /** Where the session is not found by it, and it could not be compared otherwise. */
  state?: string
}

/** What a consent gave, and what it covers. */
export interface Consent {
  grant: Grant
  accounts: readonly CoveredAccount[]
}

type SecretField = 'code_verifier' | 'secrets' | 'grant'

/** A ciphertext moved to another row or column does not decrypt. */
export function sessionContext(tenantId: string, sessionId: string, field: SecretField) {
  return tokenContext(tenantId, `oauth:${sessionId}`, field)
}

/** Columns of the session for what the redirect has to remember. */
export async function sealRedirect(
  cipher: TokenCipher,
  tenantId: string,
  sessionId: string,
  { codeVerifier, secrets, state }: RedirectSecrets,
) {
  const hasSecrets = Object.keys(secrets).length > 0 || state !== undefined
  const [verifier, more] = await cipher.encrypt([
    { plaintext: codeVerifier, context: sessionContext(tenantId, sessionId, 'code_verifier') },
    ...(hasSecrets
      ? [
          {
            plaintext: JSON.stringify({ state, secrets }),
            context: sessionContext(tenantId, sessionId, 'secrets'),
          },
        ]
      : []),
  ])
  if (verifier === undefined) throw new Error('The cipher answered nothing.')
  return {
    codeVerifierCiphertext: verifier.ciphertext,
    secretsCiphertext: more?.ciphertext,
    keyVersion: Math.min(verifier.keyVersion, more?.keyVersion ?? verifier.keyVersion),
  }
}

/** The verifier is empty for a session that has none. */
export async function openRedirect(
  cipher: TokenCipher,
  session: OauthSession,
): Promise<RedirectSecrets> {
  const { id, tenantId, codeVerifierCiphertext, secretsCiphertext } = session
  const fields = [
    ['code_verifier', codeVerifierCiphertext],
    ['secrets', secretsCiphertext],
  ] as const
  const sealed = fields.flatMap(([field, ciphertext]) =>
    ciphertext == null ? [] : [{ field, ciphertext }],
  )
  const opened = await cipher.decrypt(
    sealed.map(({ field, ciphertext }) => ({
      ciphertext,
      context: sessionContext(tenantId, id, field),
    })),
  )
  const byField = new Map(sealed.map(({ field }, index) => [field, opened[index]]))
  const kept = keptSchema.parse(JSON.parse(byField.get('secrets') ?? '{}'))
  return { codeVerifier: byField.get('code_verifier') ?? '', ...kept }
}

const keptSchema = z.object({
  state: z.string().optional(),
  secrets: z.record(z.string(), z.string()).default({}),
})

/** One ciphertext for the grant and those of its accounts. */
export async function sealConsent(
  cipher: TokenCipher,
  tenantId: string,
  sessionId: string,
  consent: Consent,
) {
  const context = sessionContext(tenantId, sessionId, 'grant')
  const [sealed] = await cipher.encrypt([{ plaintext: JSON.stringify(consent), context }])
  if (sealed === undefined) throw new Error('The cipher answered nothing.')
  return { grantCiphertext: sealed.ciphertext, keyVersion: sealed.keyVersion }
}

/** Opens what `sealConsent` made; the session has to hold it still. */
export async function openConsent(
  cipher: TokenCipher,
  { id, tenantId }: Pick<OauthSession, 'id' | 'tenantId'>,
  ciphertext: string,
): Promise<Consent> {
  const context = sessionContext(tenantId, id, 'grant')
  const [plaintext = ''] = await cipher.decrypt([{ ciphertext, context }])
  return consentSchema.parse(JSON.parse(plaintext))
}

const instant = z.iso.datetime().transform((text) => new Date(text))

const grantSchema = z.object({
  accessToken: z.string(),
  tokenType: z.string(),
  expiresAt: instant.optional(),
  refreshToken: z.string().optional(),
  refreshExpiresAt: instant.optional(),
  secrets: z.record(z.string(), z.string()).optional(),
  secretsExpireAt: z.record(z.string(), instant).optional(),
  scopes: z.array(z.string()),
  serviceUrl: z.string().optional(),
  refreshModel: z.enum(REFRESH_MODELS).optional(),
})

/** As `Account` and `CoveredAccount` of the authorizers, after JSON. */
const consentSchema = z.object({
  grant: grantSchema,
  accounts: z.array(
    z.object({
      account: z.object({
        platformAccountId: z.string(),
        handle: z.string(),
        displayName: z.string().nullable(),
        profileImageUrl: z.string().nullable(),
        kind: z.string(),
        serviceUrl: z.string().optional(),
        parentAccountId: z.string().optional(),
        grantorId: z.string().optional(),
        metadata: z.record(z.string(), z.unknown()).optional(),
      }),
      grant: grantSchema.optional(),
      problem: z.object({ code: z.string(), message: z.string() }).optional(),
    }),
  ),
})
