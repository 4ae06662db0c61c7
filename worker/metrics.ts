import type { MetricMeter } from '@temporalio/common'
import type { ActivityMetrics } from '../activities/deps.ts'

export interface WorkerMetrics extends ActivityMetrics {
  /** Outbox messages that Temporal was told of. */
  relayed(messages: number): void
}

const LATENESS = 'clarion_publish_lateness'
/** Seconds; a minute late is no longer on time, an hour is somebody's incident. */
const LATENESS_BUCKETS_S = [0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 3600]

/**
 * The SDK's exporter at `bindAddress` (`host:port`, path `/metrics`): Temporal's own metrics of this
 * worker and ours, in Prometheus' units and suffixes.
 */
export function prometheusExporter(bindAddress: string) {
  return {
    prometheus: {
      bindAddress,
      countersTotalSuffix: true,
      unitSuffix: true,
      useSecondsForDurations: true,
      histogramBucketOverrides: { [LATENESS]: LATENESS_BUCKETS_S },
    },
  }
}

/**
 * Counts what this process does. The state of the whole (backlog, overdue posts, what the last sweep
 * found) is read from PostgreSQL by the API's `/metrics`: here it would be one worker's memory.
 */
export function makeWorkerMetrics(meter: MetricMeter): WorkerMetrics {
  const counter = (name: string, help: string) => meter.createCounter(name, undefined, help)
  const attempts = counter('clarion_publish_attempts', 'Attempts to publish, by how they ended.')
  const refreshes = counter('clarion_token_refreshes', 'Token refreshes, by how they ended.')
  const sweeps = counter('clarion_sweeps', 'Sweeps that this worker ended.')
  const disagreements = counter(
    'clarion_sweep_disagreements_found',
    'Rows without their workflow, found by the sweeps of this worker.',
  )
  const relayed = counter('clarion_outbox_relayed', 'Outbox messages Temporal was told of.')
  const lateness = meter.createHistogram(
    LATENESS,
    'float',
    'seconds',
    'Time from the due instant until the platform had answered and the answer was recorded.',
  )
  return {
    attemptEnded: (platform, outcome, lateMs) => {
      attempts.add(1, { platform, outcome })
      if (lateMs !== undefined) lateness.record(Math.max(0, lateMs) / 1000, { platform })
    },
    refreshEnded: (platform, outcome) => refreshes.add(1, { platform, outcome }),
    swept: (found) => {
      sweeps.add(1)
      disagreements.add(found)
    },
    relayed: (messages) => relayed.add(messages),
  }
}
