import { join } from 'node:path'
import { migrate } from '../../db/migrate.ts'
import { temporalBinary } from '../tools/binaries.ts'
import { messageOf } from '../tools/errno.ts'
import { startTemporal } from '../tools/temporal.ts'
import { type ChildSpec, sandboxChild } from './children.ts'
import { startDatabase } from './database.ts'
import type { Screen, Step } from './screen.ts'
import { type DemoTenant, seedDemo } from './seed-demo.ts'
import type { Settings } from './settings.ts'
import { STAGES, type Stops } from './stops.ts'
import { supervise } from './supervise.ts'
import { prepareNamespace } from './temporal-setup.ts'

/** What every part is started with. */
export interface Launch {
  settings: Settings
  screen: Screen
  stops: Stops
  /** A part without which nothing goes on has ended by itself; the line says how. */
  onLost(line: string): void
}

/** Longest orderly stop of API and worker. */
export const CHILD_GRACE_MS = 4_000
/** Longest orderly stop of the other parts; all together ten seconds. */
const GRACE_MS = { sandbox: 500, temporal: 3_500, postgres: 2_000 }
/** Readers and writers side by side; a commit survives every crash but a power cut. */
const SQLITE = ['--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=NORMAL']

/** PostgreSQL, embedded or somebody's, migrated; answers the owner's URL. */
export async function provideDatabase(launch: Launch): Promise<string> {
  const { settings, screen } = launch
  const given = settings.external.databaseUrl
  const url = given ?? (await embeddedDatabase(launch))
  const step = screen.step('Migrations')
  return during(step, async () => {
    const ran = await migrate(url)
    step.done(ran.length === 0 ? 'up to date' : `${ran.length} run`)
    return url
  })
}

async function embeddedDatabase({ settings, screen, stops, onLost }: Launch): Promise<string> {
  const { home, ports } = settings
  const step = screen.step('PostgreSQL')
  const { server, url } = await during(step, () =>
    startDatabase(home, ports.postgres, join(home, 'logs', 'postgres.log')),
  )
  step.done()
  guard(
    stops,
    onLost,
    { title: 'PostgreSQL', stage: STAGES.postgres, ...server },
    GRACE_MS.postgres,
  )
  return url
}

export interface ProvidedTemporal {
  address: string
  uiUrl: string | null
}

/** Temporal's dev server with its data under home, or the server of TEMPORAL_ADDRESS. */
export async function provideTemporal(launch: Launch): Promise<ProvidedTemporal> {
  const { settings, screen, stops, onLost } = launch
  const given = settings.external.temporalAddress
  const step = screen.step('Temporal')
  return during(step, async () => {
    if (given !== undefined) {
      await prepareExternal(given)
      step.done(`using ${given}`)
      return { address: given, uiUrl: process.env.TEMPORAL_UI_URL || null }
    }
    const { path } = await temporalBinary((line) => step.update(line))
    const { home, ports } = settings
    const server = await startTemporal({
      binary: path,
      port: ports.temporal,
      uiPort: ports.temporalUi,
      dbFilename: join(home, 'temporal.db'),
      extraFlags: SQLITE,
      logFile: join(home, 'logs', 'temporal.log'),
    })
    step.done()
    const part = { title: 'Temporal', stage: STAGES.temporal, ...server }
    guard(stops, onLost, part, GRACE_MS.temporal)
    return { address: server.address, uiUrl: server.uiUrl ?? null }
  })
}

/** Over TLS the operator has set the namespace up: an application has no right to. */
async function prepareExternal(address: string): Promise<void> {
  const { TEMPORAL_TLS, TEMPORAL_API_KEY, TEMPORAL_TLS_CA_FILE, TEMPORAL_NAMESPACE } = process.env
  if (TEMPORAL_TLS || TEMPORAL_API_KEY || TEMPORAL_TLS_CA_FILE) return
  await prepareNamespace(address, TEMPORAL_NAMESPACE || 'default').catch((error: unknown) => {
    throw new Error(`Temporal at ${address} (TEMPORAL_ADDRESS): ${messageOf(error)}`)
  })
}

export async function provideSandbox(launch: Launch): Promise<string> {
  const { home, ports } = launch.settings
  await startPart(
    launch,
    STAGES.sandbox,
    GRACE_MS.sandbox,
    sandboxChild({
      port: ports.sandbox,
      stateFile: join(home, 'sandbox.json'),
      logFile: join(home, 'logs', 'sandbox.log'),
      env: process.env,
    }),
  )
  return `http://127.0.0.1:${ports.sandbox}`
}

/** API or worker. */
export function provideChild(launch: Launch, spec: ChildSpec): Promise<void> {
  return startPart(launch, STAGES.clarion, CHILD_GRACE_MS, spec)
}

async function startPart(
  { screen, stops }: Launch,
  stage: number,
  graceMs: number,
  spec: ChildSpec,
): Promise<void> {
  const step = screen.step(spec.title)
  const child = await during(step, () => supervise(spec, { tell: (line) => screen.problem(line) }))
  step.done()
  stops.add({ title: spec.title, stage, stop: () => child.stop(graceMs), kill: child.kill })
}

/** The demo tenant with its people and key. */
export async function provideDemo(launch: Launch, databaseUrl: string): Promise<DemoTenant> {
  const step = launch.screen.step('Demo tenant')
  const demo = await during(step, () => seedDemo(launch.settings.home, databaseUrl))
  step.done()
  return demo
}

interface Server {
  title: string
  stage: number
  ended: Promise<string>
  stop(): Promise<void>
  kill(): Promise<void>
}

/** Registers the stop, and reports an end that nobody asked for. */
function guard(stops: Stops, onLost: Launch['onLost'], server: Server, graceMs: number): void {
  let asked = false
  server.ended.then((how) => {
    if (!asked) onLost(how)
  })
  stops.add({
    title: server.title,
    stage: server.stage,
    stop: async () => {
      asked = true
      const late = setTimeout(() => void server.kill(), graceMs)
      await server.stop()
      clearTimeout(late)
    },
    kill: async () => {
      asked = true
      await server.kill()
    },
  })
}

async function during<T>(step: Step, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    step.fail()
    throw error
  }
}
