import { Runtime } from '@temporalio/worker'

const QUIET = () => undefined

let installed = false

/** The SDK's log is the test's to read, not to print; a process may install one runtime only. */
export function quietRuntime(): void {
  if (installed) return
  installed = true
  const logger = { log: QUIET, trace: QUIET, debug: QUIET, info: QUIET, warn: QUIET, error: QUIET }
  // Forwarded to the logger: the native part would otherwise print by itself.
  const telemetryOptions = { logging: { forward: {}, filter: 'error' } }
  Runtime.install({ logger, telemetryOptions, shutdownSignals: [] })
}
