import { Gauge, Histogram, Registry as MetricsRegistry } from 'prom-client'
import type { Deps } from './deps.ts'

/** What /metrics shows: requests of this process, and the state of the database at the scrape. */
export interface Metrics {
  observe(operation: string, method: string, status: number, seconds: number): void
  /** Prometheus text; the database's part is left out while it cannot be read. */
  render(): Promise<string>
  contentType: string
}

/** Seconds; the widest is the deadline of commands to Temporal. */
const BUCKETS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** A registry of its own, so that two apps in one process do not collide. */
export function makeMetrics(deps: Deps): Metrics {
  const registry = new MetricsRegistry()
  const requests = new Histogram({
    name: 'clarion_http_request_duration_seconds',
    help: 'Time to answer a request.',
    labelNames: ['operation', 'method', 'status'],
    buckets: BUCKETS_S,
    registers: [registry],
  })
  const gauges = makeGauges(registry)
  return {
    contentType: registry.contentType,
    observe: (operation, method, status, seconds) => {
      requests.observe({ operation, method, status: String(status) }, seconds)
    },
    render: async () => {
      try {
        await collect(deps, gauges)
        gauges.up.set(1)
      } catch (error) {
        gauges.up.set(0)
        deps.log.warn({ err: error }, 'metrics without the database')
      }
      return registry.metrics()
    },
  }
}

type Gauges = ReturnType<typeof makeGauges>

function makeGauges(registry: MetricsRegistry) {
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name, help, labelNames, registers: [registry] })
  return {
    up: gauge('clarion_database_up', 'Whether the database answered this scrape.'),
    backlog: gauge('clarion_outbox_backlog', 'Outbox messages not yet told to Temporal.'),
    oldest: gauge('clarion_outbox_oldest_seconds', 'Age of the oldest of them.'),
    posts: gauge('clarion_posts', 'Posts by status.', ['status']),
    overdue: gauge('clarion_posts_overdue', 'Posts open a minute past their instant.', ['status']),
    disagreements: gauge('clarion_sweep_disagreements', 'Found by the last sweep.'),
    sweepAge: gauge('clarion_sweep_age_seconds', 'Time since the last sweep.'),
  }
}

/** Counts arrive as text: PostgreSQL's bigint does not fit a number. */
interface Backlog {
  backlog: string
  oldest: string | null
}

interface PostCount {
  status: string
  posts: string
  overdue: string
}

interface Sweep {
  disagreements: number
  age: string
}

/** Reads across tenants; only counts leave, never a tenant's rows. */
async function collect(deps: Deps, gauges: Gauges): Promise<void> {
  await deps.db.asSystem(async (em) => {
    const [outbox] = await em.execute<Backlog[]>(
      `select count(*) as backlog, extract(epoch from now() - min(created_at)) as oldest
       from outbox where processed_at is null`,
    )
    gauges.backlog.set(Number(outbox?.backlog ?? 0))
    gauges.oldest.set(Number(outbox?.oldest ?? 0))
    const counts = await em.execute<PostCount[]>(
      `select status, count(*) as posts, count(*) filter (where status in ('scheduled', 'queued')
         and scheduled_at < now() - interval '1 minute') as overdue
       from posts where deleted_at is null group by status`,
    )
    for (const { status, posts, overdue } of counts) {
      gauges.posts.set({ status }, Number(posts))
      gauges.overdue.set({ status }, Number(overdue))
    }
    const [sweep] = await em.execute<Sweep[]>(
      `select disagreements, extract(epoch from now() - at) as age
       from sweep_results order by at desc limit 1`,
    )
    if (sweep === undefined) return
    gauges.disagreements.set(sweep.disagreements)
    gauges.sweepAge.set(Number(sweep.age))
  })
}
