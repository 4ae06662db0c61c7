import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { enqueue } from '../../db/repositories/outbox.ts'
import { freePort } from '../../scripts/tools/free-port.ts'
import { type Stack, startStack } from '../support/stack.ts'
import { waitUntil } from '../support/wait-until.ts'

let stack: Stack
let metricsUrl = ''

beforeAll(async () => {
  const port = await freePort()
  metricsUrl = `http://127.0.0.1:${port}/metrics`
  stack = await startStack({ env: { WORKER_METRICS_PORT: String(port) } })
}, 120_000)
afterAll(() => stack?.stop(), 60_000)

/** Value of one series; its labels in any order, and undefined as long as it is not there. */
async function seriesOf(name: string, labels: readonly string[] = []): Promise<number | undefined> {
  const text = await (await fetch(metricsUrl)).text()
  const line = text
    .split('\n')
    .find(
      (one) => /^[^{ ]+/.exec(one)?.[0] === name && labels.every((label) => one.includes(label)),
    )
  return line === undefined ? undefined : Number(line.split(' ').at(-1))
}

const BLUESKY = 'platform="bluesky"'

test('a worker counts what it publishes and how late, beside Temporal’s own metrics', async () => {
  const connection = await stack.connect('bluesky')
  const scheduled = await stack.api.createPost({
    content: 'counted',
    publish: 'schedule',
    scheduled_at: new Date(Date.now() + 2_000).toISOString(),
    targets: [{ connection_id: connection.id }],
  })
  await stack.api.waitForPost(scheduled.id, ({ status }) => status === 'published')
  const labels = [BLUESKY, 'outcome="published"']
  expect(await seriesOf('clarion_publish_attempts_total', labels)).toBe(1)
  expect(await seriesOf('clarion_publish_lateness_seconds_count', [BLUESKY])).toBe(1)
  const minute = [BLUESKY, 'le="60"']
  expect(await seriesOf('clarion_publish_lateness_seconds_bucket', minute)).toBe(1)
  expect(await seriesOf('temporal_activity_execution_latency_seconds_count')).toBeGreaterThan(0)
})

test('it counts refusals apart from successes', async () => {
  const connection = await stack.connect('bluesky', 'bob')
  await stack.sandbox.fault({ platform: 'bluesky', step: 'publish', fault: 'refuse', times: 1 })
  const post = await stack.api.createPost({
    content: 'refused',
    publish: 'now',
    targets: [{ connection_id: connection.id }],
  })
  await stack.api.waitForPost(post.id, ({ status }) => status === 'failed')
  const labels = [BLUESKY, 'outcome="rejected"']
  expect(await seriesOf('clarion_publish_attempts_total', labels)).toBe(1)
  // Not sent, so not late.
  expect(await seriesOf('clarion_publish_lateness_seconds_count', [BLUESKY])).toBe(1)
})

test('it counts refreshes and sweeps', async () => {
  const { id } = await stack.connect('bluesky', 'carol')
  const answer = await fetch(`${stack.apiProcess.url}/v1/connections/${id}/refresh`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stack.key}` },
  })
  expect(answer.status).toBe(200)
  const labels = [BLUESKY, 'outcome="refreshed"']
  expect(await seriesOf('clarion_token_refreshes_total', labels)).toBe(1)
  await waitUntil('a sweep', async () => ((await seriesOf('clarion_sweeps_total')) ?? 0) > 0)
  expect(await seriesOf('clarion_sweep_disagreements_found_total')).toBe(0)
})

test('it counts what the relay delivers', async () => {
  const { id } = await stack.connect('bluesky')
  // As a transaction of the API leaves it when the API ends right after.
  await stack.db.withTenant(stack.tenantId, (em) =>
    enqueue(em, { tenantId: stack.tenantId, kind: 'connection_changed', aggregateId: id }),
  )
  const isRelayed = async () => ((await seriesOf('clarion_outbox_relayed_total')) ?? 0) > 0
  await waitUntil('the relay', isRelayed)
})

test('its log is ours alone: no greeting, no warning of a healthy start', () => {
  const lines = stack.worker.logs().trim().split('\n')
  const foreign = lines.filter((line) => !line.startsWith('{'))
  expect(foreign).toEqual([])
  const loud = lines.map((line): { level?: number; msg?: string } => JSON.parse(line))
  expect(loud.filter(({ level = 0 }) => level >= 40).map(({ msg }) => msg)).toEqual([])
})
