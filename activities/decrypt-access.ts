import { ApplicationFailure } from '@temporalio/activity'
import type { PublishFacts } from '../db/repositories/publish-load.ts'
import type { Access } from '../platforms/call.ts'
import { decryptTokens } from './decrypt-tokens.ts'
import type { ActivityDeps } from './deps.ts'

/** The account's secrets for one call; they live in this activity's memory only. */
export async function decryptAccess(
  deps: ActivityDeps,
  input: { tenantId: string },
  facts: PublishFacts,
): Promise<Access> {
  const { connection } = facts
  const secrets = await decryptTokens(deps, input.tenantId, connection.id, facts.tokens)
  const { access, ...others } = secrets
  if (access === undefined) {
    throw ApplicationFailure.nonRetryable('The connection has no access token.', 'needs_reconnect')
  }
  return {
    accessToken: access,
    tokenType: connection.tokenType,
    secrets: others,
    accountId: connection.accountId,
    accountHandle: connection.accountHandle,
    serviceUrl: connection.serviceUrl ?? undefined,
    scopes: connection.scopes,
    method: connection.method,
    metadata: connection.metadata,
  }
}
