import { parseArgs } from 'node:util'
import { type Sandbox, startSandbox } from './server.ts'

const USAGE = `node sandbox/main.ts [--port N] [--host 127.0.0.1] [--state FILE] [--no-rate-limits]`

await main()

/** Starts the sandbox, prints its URL as one JSON line, and stays up until told to stop. */
async function main(): Promise<void> {
  try {
    const sandbox = await startSandbox(readOptions())
    process.stdout.write(`${JSON.stringify({ sandbox_url: sandbox.url })}\n`)
    stopOnSignal(sandbox)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  }
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '0' },
      host: { type: 'string', default: '127.0.0.1' },
      state: { type: 'string' },
      'no-rate-limits': { type: 'boolean', default: false },
    },
  })
  const port = Number(values.port)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new Error(`--port must be 0 to 65535, not "${values.port}"\n${USAGE}`)
  }
  const enforceRateLimits = !values['no-rate-limits']
  return { port, host: values.host, stateFile: values.state, enforceRateLimits }
}

/** A second signal while stopping changes nothing. */
function stopOnSignal(sandbox: Sandbox): void {
  let stopping = false
  const stop = (): void => {
    if (stopping) return
    stopping = true
    void sandbox.close()
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}
