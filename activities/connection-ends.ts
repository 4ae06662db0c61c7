import { recordDead, recordWarned } from '../db/repositories/connection-status.ts'
import type { ConnectionState } from '../domain/connection-state.ts'
import { connectionSnapshot } from './connection-rows.ts'
import type { ActivityDeps } from './deps.ts'
import type { EndInput, WarnInput } from './types.ts'

/** Tells people that the access ends soon: an event of the connection, which webhooks carry on. */
export async function warnExpiring(
  deps: ActivityDeps,
  input: WarnInput,
): Promise<ConnectionState | null> {
  const endsAt = new Date(input.endsAt)
  const { tokenVersion, days } = input
  await deps.db.withTenant(input.tenantId, (em) =>
    recordWarned(em, input, { tokenVersion, days, endsAt }),
  )
  return connectionSnapshot(deps, input)
}

const ENDED = {
  code: 'access_ended',
  message: 'The access to this account has reached its end. Connect the account again.',
}

/** The access has reached its end and nothing can renew it: a person must reconnect. */
export async function endAccess(
  deps: ActivityDeps,
  input: EndInput,
): Promise<ConnectionState | null> {
  await deps.db.withTenant(input.tenantId, (em) =>
    recordDead(em, input, input.tokenVersion, 'expired', ENDED),
  )
  return connectionSnapshot(deps, input)
}
