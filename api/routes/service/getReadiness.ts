import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { readiness } from '../../contract/schemas/service.ts'
import type { Deps } from '../../deps.ts'

/** Below the usual timeout of probes, so that they get an answer and not silence. */
const DEADLINE_MS = 3_000

export const getReadiness = defineOperation({
  id: 'getReadiness',
  method: 'get',
  path: '/readyz',
  summary: 'Whether database, Temporal and token cipher can be reached',
  description:
    '503 while the database cannot be reached: nothing works then. Without Temporal or the cipher the API still serves reads and takes posts, so it is `degraded` with 200.',
  tags: ['service'],
  access: 'public',
  audit: 'none',
  idempotency: 'inherent',
  params: NOTHING,
  query: NOTHING,
  body: NOTHING,
  success: { status: 200, description: 'What can be reached.', content: readiness },
  errors: ['service_unavailable'],
  async handler({ deps, fail }) {
    const checks = {
      database: await probe(deps, 'database', () => deps.db.ping()),
      temporal: await probe(deps, 'temporal', () => deps.temporal.ping()),
      cipher: await probe(deps, 'cipher', () => sealNothing(deps)),
    }
    if (checks.database === 'failed') {
      throw fail('service_unavailable', { detail: 'The database cannot be reached.' })
    }
    const isReady = Object.values(checks).every((result) => result === 'ok')
    return { body: { status: isReady ? ('ready' as const) : ('degraded' as const), checks } }
  },
})

/** Never throws; the cause is in the log, not in the public answer. */
async function probe(
  deps: Deps,
  name: string,
  check: () => Promise<unknown>,
): Promise<'ok' | 'failed'> {
  try {
    await Promise.race([check(), rejectLater()])
    return 'ok'
  } catch (error) {
    deps.log.warn({ err: error, check: name }, 'not ready')
    return 'failed'
  }
}

function rejectLater(): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error('no answer in time')), DEADLINE_MS).unref()
  })
}

/** Encrypting is what the API's policy allows; reading the key's version is not. */
function sealNothing(deps: Deps): Promise<unknown> {
  const context = { tenantId: 'readiness', connectionId: 'readiness', field: 'probe' }
  return deps.cipher.encrypt([{ plaintext: 'probe', context }])
}
