import { ApplicationFailure, CancelledFailure } from '@temporalio/activity'
import type { ActivityInboundCallsInterceptor } from '@temporalio/worker'
import { DatabaseUnavailable } from '../db/database-errors.ts'
import { PlatformFailure } from '../domain/failures.ts'
import { CipherError } from '../vault/cipher-errors.ts'

const VAULT_AGAIN_MS = 10_000

/**
 * The one place where known errors become what histories keep: a code, words that are safe to show,
 * no cause and no stack, because a cause could carry a request.
 */
export function translateErrors(): { inbound: ActivityInboundCallsInterceptor } {
  return {
    inbound: {
      async execute(input, next) {
        try {
          return await next(input)
        } catch (error) {
          throw translate(error)
        }
      },
    },
  }
}

function translate(error: unknown): unknown {
  if (error instanceof ApplicationFailure || error instanceof CancelledFailure) return error
  if (error instanceof DatabaseUnavailable) {
    return failure('database_unavailable', 'PostgreSQL is not reachable; it is tried again.')
  }
  if (error instanceof CipherError) return cipherFailure(error)
  if (error instanceof PlatformFailure) {
    const { code, message, retryAt } = error
    return failure(code, message, retryAt)
  }
  const name = error instanceof Error ? error.name : 'unknown'
  return failure('internal', `An error of Clarion (${name}); see the log of the worker.`, undefined)
}

function cipherFailure(error: CipherError): ApplicationFailure {
  if (error.kind === 'unavailable') {
    // Looked at often: posts wait for it, and a look costs Vault next to nothing.
    return failure('vault_unavailable', error.message, new Date(Date.now() + VAULT_AGAIN_MS))
  }
  const code = error.kind === 'denied' ? 'vault_denied' : 'vault_refused'
  return failure(code, error.message)
}

function failure(type: string, message: string, retryAt?: Date): ApplicationFailure {
  const delayMs = retryAt === undefined ? undefined : Math.max(1, retryAt.getTime() - Date.now())
  return ApplicationFailure.create({ type, message, nextRetryDelay: delayMs, category: 'BENIGN' })
}
