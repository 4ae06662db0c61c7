import { pino } from 'pino'
import { loadConfig } from '../config/load-config.ts'
import { runWorker } from './run-worker.ts'

await main()

/** The worker process: workflows, publishing on every platform's queue, relay and sweep. */
async function main(): Promise<void> {
  const config = loadConfig()
  const log = pino({ level: config.logLevel, base: { part: 'worker' } })
  const worker = await runWorker(config, log)
  process.stdout.write(`${JSON.stringify({ worker_ready: true, pid: process.pid })}\n`)
  const stop = () => worker.stop()
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  await worker.ended
  process.exit(0)
}
