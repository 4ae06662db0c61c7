import type { PlatformApp } from '../../db/entities/platform-app.ts'
import { PlatformFailure } from '../../domain/failures.ts'
import type { AppKey } from '../../domain/platforms.ts'
import { PLATFORMS } from '../../domain/platforms.ts'
import type { AppCredentials, Authorizer } from '../../platforms/registry.ts'
import { platformCall } from '../connect/connect-failure.ts'
import { appPlatform, openAppCredentials } from '../connect/platform-app-secrets.ts'
import type { Requester } from '../contract/operation.ts'

type VerifyErrors = 'platform_unsupported' | 'platform_unavailable'
type Verifying = Authorizer & Required<Pick<Authorizer, 'verifyApp'>>

/** As the row keeps it: when the platform took the credentials, or why it refused them. */
export type Verdict = Pick<PlatformApp, 'verifiedAt' | 'verifyError'>

/** Asks the platform whether it knows these credentials, once for each pair that the app has. */
export async function verifyApp(
  requester: Requester<VerifyErrors>,
  app: PlatformApp,
): Promise<Verdict> {
  const at = new Date(requester.deps.now())
  const asked = await withCredentials(requester, app)
  if (asked.length === 0) throw requester.fail('platform_unsupported', { detail: noWay(app) })
  for (const { authorizer, credentials } of asked) {
    const refusal = await refusalOf(requester, authorizer, credentials)
    if (refusal === undefined) continue
    const { code, message } = refusal
    return { verifiedAt: null, verifyError: { code, message, at: at.toISOString() } }
  }
  return { verifiedAt: at, verifyError: null }
}

/** One authorizer for each pair of credentials: two logins with the same app are asked once. */
async function withCredentials(requester: Requester<never>, app: PlatformApp) {
  const { deps } = requester
  const byKey = new Map<AppKey, Verifying>()
  const candidates = PLATFORMS.flatMap((platform) => deps.registry.authorizers(platform))
  for (const authorizer of candidates) {
    if (appPlatform(authorizer.appKey) !== app.platform || !canVerify(authorizer)) continue
    if (!byKey.has(authorizer.appKey)) byKey.set(authorizer.appKey, authorizer)
  }
  const asked: { authorizer: Verifying; credentials: AppCredentials }[] = []
  for (const [appKey, authorizer] of byKey) {
    const credentials = await openAppCredentials(deps.cipher, app, appKey)
    if (credentials !== undefined) asked.push({ authorizer, credentials })
  }
  return asked
}

function canVerify(authorizer: Authorizer): authorizer is Verifying {
  return authorizer.verifyApp !== undefined
}

/** Undefined when the platform took them; throws `platform_unavailable` when it did not say. */
async function refusalOf(
  requester: Requester<'platform_unavailable'>,
  authorizer: Verifying,
  credentials: AppCredentials,
): Promise<PlatformFailure | undefined> {
  try {
    await authorizer.verifyApp(credentials, platformCall(requester))
    return undefined
  } catch (error) {
    if (!(error instanceof PlatformFailure)) throw error
    if (['rejected', 'auth_expired', 'auth_revoked'].includes(error.kind)) return error
    throw requester.fail('platform_unavailable', { detail: error.message, cause: error })
  }
}

function noWay({ platform }: PlatformApp): string {
  return `${platform} has no way to check an app’s credentials without a person; connect an account to try them.`
}
