/** npm, the shell and the terminal each pass the same Ctrl-C on: repeats this close are one. */
const SAME_PRESS_MS = 1_000

/** The first Ctrl-C (or SIGTERM, SIGHUP) stops in order; a later, deliberate one forces the end. */
export function onStopSignal(stop: () => void, force: () => void): void {
  let firstAt: number | undefined
  const receive = () => {
    if (firstAt === undefined) {
      firstAt = Date.now()
      stop()
    } else if (Date.now() - firstAt > SAME_PRESS_MS) {
      force()
    }
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, receive)
}
