import { authExpired, authRevoked, PlatformFailure, transient } from '../../domain/failures.ts'
import type { Reader } from './client.ts'
import { TOKEN_REVOKED } from './errors.ts'
import type { TokenState } from './tokens.ts'

/** What LinkedIn says of the token when it is asked. */
type StateOf = (reader: Reader) => Promise<TokenState>

const UNSURE_CODES = [TOKEN_REVOKED, 'linkedin_unauthorized']

/**
 * Runs reads with a token that may be seconds old: until it has spread, LinkedIn calls it revoked.
 * A refusal is believed when introspection agrees; else the reads are done once more after a pause.
 * Publishing has no app to ask with: `stateOf` then says that nothing is known.
 */
export async function withFreshToken<Result>(
  reader: Reader,
  pauseMs: number,
  run: () => Promise<Result>,
  stateOf: StateOf = async () => 'unknown',
): Promise<Result> {
  try {
    return await run()
  } catch (error) {
    if (!isUnsure(error)) throw error
    const state = await stateOf(reader)
    if (state === 'expired' || state === 'revoked') throw settled(state, error)
    await pause(pauseMs, reader.call.signal)
    return await runAgain(state, run)
  }
}

async function runAgain<Result>(state: TokenState, run: () => Promise<Result>): Promise<Result> {
  try {
    return await run()
  } catch (error) {
    if (state !== 'active' || !isUnsure(error)) throw error
    const message = 'LinkedIn does not know the new access yet. Please try again in a minute.'
    throw transient({ code: 'linkedin_token_not_ready', message, cause: error })
  }
}

function isUnsure(error: unknown): error is PlatformFailure {
  return error instanceof PlatformFailure && UNSURE_CODES.includes(error.code)
}

function settled(state: 'expired' | 'revoked', cause: PlatformFailure): PlatformFailure {
  if (state === 'expired') {
    const message = 'The LinkedIn access has run out.'
    return authExpired({ code: 'linkedin_token_expired', message, cause })
  }
  const message = 'Access was withdrawn at LinkedIn. Please connect the account again.'
  return authRevoked({ code: TOKEN_REVOKED, message, cause })
}

/** Ends early, and quietly, when the call is cancelled: the next request then says so. */
function pause(pauseMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, signal.aborted ? 0 : pauseMs)
    signal.addEventListener('abort', end)
  })
}
