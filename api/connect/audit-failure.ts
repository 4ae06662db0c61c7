import { ClarionError, type ErrorCode } from '../../domain/errors.ts'
import type { Requester } from '../contract/operation.ts'
import { type AuditEntry, appendAudit } from '../http/audit.ts'

/** Mistakes of the request: nothing was tried, and nothing is worth a row. */
const NOT_TRIED: readonly ErrorCode[] = ['validation_failed', 'not_found', 'precondition_failed']

/** Runs `work`; when it fails, the audit log says so with the code, and the failure goes on. */
export async function auditingFailure<T>(
  requester: Requester<never>,
  entry: AuditEntry,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const code = codeOf(error)
    if (!NOT_TRIED.includes(code)) await noteFailure(requester, entry, code)
    throw error
  }
}

export function codeOf(error: unknown): ErrorCode {
  return error instanceof ClarionError ? error.code : 'internal'
}

/** In a transaction of its own: the one of the work has ended without anything. */
async function noteFailure(
  { deps, actor, requestId, ip }: Requester<never>,
  entry: AuditEntry,
  code: ErrorCode,
): Promise<void> {
  const detail = { ...entry.detail, code }
  try {
    await deps.db.withTenant(actor.tenantId, (em) =>
      appendAudit(em, actor, { requestId, ip }, { ...entry, detail }),
    )
  } catch (error) {
    // The caller needs the failure itself, and a database that is away is told of by it as well.
    deps.log.error({ err: error, request_id: requestId, action: entry.action }, 'not audited')
  }
}
