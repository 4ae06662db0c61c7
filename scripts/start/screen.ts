/** Terminal output: one live line on a terminal, plain lines elsewhere. */
export interface Step {
  /** What it does right now. */
  update(detail: string): void
  done(detail?: string): void
  fail(): void
}

export interface Screen {
  step(title: string): Step
  line(text?: string): void
  problem(text: string): void
}

export interface Style {
  bold(text: string): string
  dim(text: string): string
  green(text: string): string
  red(text: string): string
  cyan(text: string): string
}

const TICK_MS = 120
/** Elsewhere than on a terminal a step that lasts says so this often. */
const REMIND_MS = 15_000
const FRAMES = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'
const CLEAR_LINE = '\r\u001B[2K'

export function makeStyle(isColored: boolean): Style {
  const wrap = (code: number) => (text: string) =>
    isColored ? `\u001B[${code}m${text}\u001B[0m` : text
  return { bold: wrap(1), dim: wrap(2), green: wrap(32), red: wrap(31), cyan: wrap(36) }
}

export function makeScreen(
  out: NodeJS.WriteStream = process.stdout,
  isLive = Boolean(out.isTTY),
): Screen & { style: Style } {
  const style = makeStyle(isLive && !process.env.NO_COLOR)
  const running = new Set<RunningStep>()
  const write = (text: string) => {
    if (isLive && running.size > 0) out.write(CLEAR_LINE)
    out.write(`${text}\n`)
    if (isLive) draw(out, style, running)
  }
  const screen = {
    style,
    line: (text = '') => write(text),
    problem: (text: string) => write(style.red(text)),
    step: (title: string) =>
      isLive ? liveStep(out, style, running, write, title) : plainStep(write, title),
  }
  return screen
}

interface RunningStep {
  title: string
  detail: string
  startedAt: number
}

function liveStep(
  out: NodeJS.WriteStream,
  style: Style,
  running: Set<RunningStep>,
  write: (text: string) => void,
  title: string,
): Step {
  const step: RunningStep = { title, detail: '', startedAt: Date.now() }
  running.add(step)
  const timer = setInterval(() => draw(out, style, running), TICK_MS)
  const end = (mark: string, detail: string) => {
    clearInterval(timer)
    if (!running.delete(step)) return
    out.write(CLEAR_LINE)
    write(`${mark} ${title}${detail === '' ? '' : ` ${style.dim(detail)}`}`)
  }
  return {
    update: (detail) => {
      step.detail = detail
    },
    done: (detail) => end(style.green('✓'), words(detail, step.startedAt)),
    fail: () => end(style.red('✗'), elapsed(step.startedAt)),
  }
}

function draw(out: NodeJS.WriteStream, style: Style, running: Set<RunningStep>): void {
  const steps = [...running]
  if (steps.length === 0) return
  const frame = FRAMES[Math.floor(Date.now() / TICK_MS) % FRAMES.length] ?? ''
  const text = steps
    .map(({ title, detail, startedAt }) => {
      const more = detail === '' ? '' : `: ${detail}`
      return `${title}${more} ${elapsed(startedAt)}`
    })
    .join(' · ')
  // A line that wraps could not be cleared again.
  const width = Math.max(20, (out.columns ?? 80) - 3)
  out.write(`${CLEAR_LINE}${style.cyan(frame)} ${text.slice(0, width)}`)
}

function plainStep(write: (text: string) => void, title: string): Step {
  const startedAt = Date.now()
  let last = ''
  const remind = setInterval(
    () => write(`${title}: still at it after ${elapsed(startedAt)}${last && `, ${last}`}`),
    REMIND_MS,
  )
  return {
    update: (detail) => {
      if (detail !== last) write(`${title}: ${detail}`)
      last = detail
    },
    done: (detail) => {
      clearInterval(remind)
      write(`${title}: ${words(detail, startedAt)}`)
    },
    fail: () => clearInterval(remind),
  }
}

function words(detail: string | undefined, startedAt: number): string {
  return detail === undefined
    ? `ready (${elapsed(startedAt)})`
    : `${detail} (${elapsed(startedAt)})`
}

function elapsed(startedAt: number): string {
  const seconds = (Date.now() - startedAt) / 1000
  return seconds < 60
    ? `${seconds.toFixed(1)} s`
    : `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`
}
