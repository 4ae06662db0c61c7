import type { WorkflowHandle } from '@temporalio/client'
import { connectionWorkflowId } from '../workflows/contract.ts'
import type { BenchStack } from './bench-stack.ts'
import { lateness, round } from './stats.ts'
import type { XAccount } from './x-accounts.ts'

type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>
type Event = NonNullable<History['events']>[number]

/** Every so many connections are looked at. */
const SAMPLES = 50

/** How long each part of a refresh took, ms; in the order in which they happen. */
interface Phases {
  /** From the due instant to the server's TimerFired. */
  timer: number
  /** The first workflow task: waiting for a worker, then deciding. */
  decide_wait: number
  decide: number
  /** The activity: waiting for a worker, then running, all of Clarion's work included. */
  activity_wait: number
  activity: number
  /** The last workflow task: adopting the new token. */
  adopt_wait: number
  adopt: number
}

export interface RefreshHistory {
  /** Events that one refresh adds. */
  events: number
  phases: Record<string, { p50Ms: number; p95Ms: number }>
}

/** Where the time of a storm went, from the histories of some connections. */
export async function refreshPhases(
  { client, tenantId }: BenchStack,
  accounts: readonly XAccount[],
  dueAt: number,
): Promise<RefreshHistory> {
  const step = Math.max(1, Math.floor(accounts.length / SAMPLES))
  const sample = accounts.filter((_, index) => index % step === 0)
  const all: Phases[] = []
  let events = 0
  for (const { connectionId } of sample) {
    const handle = client.workflow.getHandle(connectionWorkflowId(tenantId, connectionId))
    const history = await handle.fetchHistory()
    const mine = (history.events ?? []).filter((event) => timeOf(event) >= dueAt)
    events = Math.max(events, mine.length)
    const phases = phasesOf(mine, dueAt)
    if (phases !== undefined) all.push(phases)
  }
  return { events, phases: summary(all) }
}

/** Undefined while the last workflow task still runs. */
function phasesOf(events: readonly Event[], dueAt: number): Phases | undefined {
  const at = (isIt: (event: Event) => unknown, from = 0) =>
    events.findIndex((event, index) => index >= from && isIt(event))
  const fired = at((event) => event.timerFiredEventAttributes)
  const first = taskAfter(events, fired)
  const scheduled = at((event) => event.activityTaskScheduledEventAttributes, first?.end)
  const started = at((event) => event.activityTaskStartedEventAttributes, scheduled)
  const completed = at((event) => event.activityTaskCompletedEventAttributes, started)
  const last = taskAfter(events, completed)
  if (first === undefined || last === undefined || fired < 0) return undefined
  const ms = (index: number) => timeOf(events[index])
  return {
    timer: ms(fired) - dueAt,
    decide_wait: ms(first.start) - ms(first.schedule),
    decide: ms(first.end) - ms(first.start),
    activity_wait: ms(started) - ms(scheduled),
    activity: ms(completed) - ms(started),
    adopt_wait: ms(last.start) - ms(last.schedule),
    adopt: ms(last.end) - ms(last.start),
  }
}

/** Indexes of the events of the next completed workflow task. */
function taskAfter(events: readonly Event[], from: number) {
  if (from < 0) return undefined
  const rest = events.slice(from)
  const schedule = rest.findIndex((event) => event.workflowTaskScheduledEventAttributes)
  const start = rest.findIndex((event) => event.workflowTaskStartedEventAttributes)
  const end = rest.findIndex((event) => event.workflowTaskCompletedEventAttributes)
  if (schedule < 0 || start < 0 || end < 0) return undefined
  return { schedule: from + schedule, start: from + start, end: from + end }
}

function summary(all: readonly Phases[]): RefreshHistory['phases'] {
  const names = Object.keys(all[0] ?? {})
  const rows = all.map((phases) => new Map(Object.entries(phases)))
  return Object.fromEntries(
    names.map((name) => {
      const { p50Ms, p95Ms } = lateness(
        rows.map((row) => row.get(name) ?? Number.NaN),
        0,
      )
      return [name, { p50Ms: round(p50Ms, 0), p95Ms: round(p95Ms, 0) }]
    }),
  )
}

/** Epoch ms; seconds come as a 64-bit number object. */
function timeOf(event: Event | undefined): number {
  const { seconds, nanos } = event?.eventTime ?? {}
  return Number(seconds ?? Number.NaN) * 1000 + (nanos ?? 0) / 1e6
}
