import type { ServerProcess } from '../tools/server-process.ts'
import { type ChildSpec, startChild, stopWithin } from './children.ts'

export interface Supervised {
  pid(): number | undefined
  stop(graceMs: number): Promise<void>
  kill(): Promise<void>
}

export interface Watcher {
  /** One line for people: what ended, how, what is done about it. */
  tell(line: string): void
}

const FIRST_WAIT_MS = 500
const MAX_WAIT_MS = 30_000
/** A process that lived this long starts over with the shortest wait. */
const HEALTHY_MS = 60_000

/** Starts a process and starts it again, with growing waits, whenever it ends by itself. */
export async function supervise(spec: ChildSpec, watcher: Watcher): Promise<Supervised> {
  const state: State = { spec, watcher, stopped: new AbortController(), waitMs: FIRST_WAIT_MS }
  state.child = await startChild(spec)
  watch(state, state.child)
  return {
    pid: () => state.child?.pid,
    stop: async (graceMs) => {
      state.stopped.abort()
      if (state.child !== undefined) await stopWithin(state.child, graceMs)
    },
    kill: async () => {
      state.stopped.abort()
      await state.child?.kill()
    },
  }
}

interface State {
  spec: ChildSpec
  watcher: Watcher
  stopped: AbortController
  waitMs: number
  child?: ServerProcess
}

function watch(state: State, child: ServerProcess): void {
  const startedAt = Date.now()
  child.ended.then((how) => {
    if (state.stopped.signal.aborted) return
    if (Date.now() - startedAt > HEALTHY_MS) state.waitMs = FIRST_WAIT_MS
    again(state, how)
  })
}

function again(state: State, how: string): void {
  const { spec, watcher, waitMs } = state
  watcher.tell(`${how} It starts again in ${waitMs / 1000} s; its log: ${spec.logFile}`)
  state.waitMs = Math.min(MAX_WAIT_MS, waitMs * 2)
  const timer = setTimeout(() => restart(state), waitMs)
  state.stopped.signal.addEventListener('abort', () => clearTimeout(timer), { once: true })
}

function restart(state: State): void {
  startChild(state.spec).then(
    (child) => {
      state.child = child
      // Told to stop while it was starting: then it must not stay behind.
      if (state.stopped.signal.aborted) {
        void child.stop()
        return
      }
      state.watcher.tell(`${state.spec.title} runs again.`)
      watch(state, child)
    },
    (error: unknown) => {
      if (state.stopped.signal.aborted) return
      again(state, error instanceof Error ? error.message : String(error))
    },
  )
}
