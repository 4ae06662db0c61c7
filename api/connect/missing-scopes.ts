import type { Authorizer, CoveredAccount } from '../../platforms/registry.ts'
import type { Consent } from './session-secrets.ts'

/** Code of an account's problem when a permission that publishing needs was not granted. */
export const SCOPES_MISSING = 'missing_scopes'

/** What a grant lacks of what is needed; one that names no scopes tells nothing. */
export function missingScopes(authorizer: Authorizer, granted: readonly string[]): string[] {
  if (granted.length === 0) return []
  if (authorizer.missingScopes !== undefined) return authorizer.missingScopes(granted)
  return authorizer.scopes.filter((scope) => !granted.includes(scope))
}

/**
 * The accounts of a consent, those among them marked that lack a permission: an account that cannot
 * publish must not look connected. Whoever asked for other scopes gets what was asked for.
 */
export function markMissingScopes(
  authorizer: Authorizer,
  requestedScopes: readonly string[],
  { grant, accounts }: Consent,
): CoveredAccount[] {
  if (requestedScopes.length > 0) return [...accounts]
  return accounts.map((covered) => {
    const missing = missingScopes(authorizer, (covered.grant ?? grant).scopes)
    if (covered.problem !== undefined || missing.length === 0) return covered
    const message = `Not granted: ${missing.join(', ')}. Connect again and leave it ticked.`
    return { ...covered, problem: { code: SCOPES_MISSING, message } }
  })
}
