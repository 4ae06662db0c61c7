import { Runtime } from '@temporalio/worker'
import type { Logger } from 'pino'
import type { Config } from '../config/load-config.ts'
import { makeWorkerMetrics, prometheusExporter, type WorkerMetrics } from './metrics.ts'

/** Said of every worker that only runs activities, as all those for publishing do. */
const EXPECTED = 'No workflows registered'

/** Installs the SDK's runtime, once in a process: its log goes into ours, its metrics with ours. */
export function installRuntime({ http, worker }: Config, log: Logger): WorkerMetrics {
  const host = http.host.includes(':') ? `[${http.host}]` : http.host
  const metrics =
    worker.metricsPort === undefined
      ? undefined
      : prometheusExporter(`${host}:${worker.metricsPort}`)
  const runtime = Runtime.install({
    shutdownSignals: [],
    logger: coreLogger(log),
    // Forwarded: the native part would otherwise print by itself.
    telemetryOptions: {
      metrics,
      logging: { forward: {}, filter: { core: 'WARN', other: 'ERROR' } },
    },
  })
  return makeWorkerMetrics(runtime.metricMeter)
}

/** The SDK's own lines go where ours go, at our level. */
function coreLogger(log: Logger) {
  const write =
    (level: 'trace' | 'debug' | 'info' | 'warn' | 'error') => (message: string, meta?: object) =>
      log[message.startsWith(EXPECTED) ? 'debug' : level](meta ?? {}, message)
  return {
    log: (level: string, message: string, meta?: object) =>
      write(level === 'ERROR' ? 'error' : level === 'WARN' ? 'warn' : 'debug')(message, meta),
    trace: write('trace'),
    debug: write('debug'),
    info: write('debug'),
    warn: write('warn'),
    error: write('error'),
  }
}
