/**
 * `npm start` and `npm run demo`: starts everything on this machine, shows a first post being
 * published, and stays up until Ctrl-C; the demo ends by itself, with 0 only if all was published.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { ConnectionAnswer } from '../../api/contract/schemas/connections.ts'
import type { PostAnswer } from '../../api/contract/schemas/posts.ts'
import { messageOf } from '../tools/errno.ts'
import { type ApiClient, makeApiClient } from './api-client.ts'
import { sandboxPlatforms } from './child-env.ts'
import { connectDemo, followPosts, scheduleDemo } from './demo.ts'
import { demoTable, finalScreen } from './final-screen.ts'
import { lockHome } from './lock.ts'
import { assertPortsFree } from './ports.ts'
import { forgetRunFile, writeRunFile } from './run-file.ts'
import { makeScreen } from './screen.ts'
import { rememberFirstPost } from './seed-demo.ts'
import { loadEnvFile, readSettings, type Settings } from './settings.ts'
import { onStopSignal } from './signals.ts'
import { type Started, startAll } from './start-all.ts'
import { makeStops } from './stops.ts'

type Verb = 'start' | 'demo'

const FORCED = 130
// A terminal that was closed must not keep the rest from being stopped in order.
for (const stream of [process.stdout, process.stderr]) stream.on('error', ignore)
const screen = makeScreen()
const stops = makeStops()

process.exit(await main(process.argv[2] === 'demo' ? 'demo' : 'start'))

async function main(verb: Verb): Promise<number> {
  let release: (() => void) | undefined
  try {
    loadEnvFile()
    const settings = readSettings()
    mkdirSync(join(settings.home, 'logs'), { recursive: true })
    release = lockHome(settings.home)
    forgetRunFile(settings.home)
    await assertPortsFree(settings)
    return await runUntilStopped(verb, settings)
  } catch (error) {
    screen.problem(messageOf(error))
    return 1
  } finally {
    release?.()
  }
}

/** Runs the verb; whatever ends it, everything that was started is stopped again. */
async function runUntilStopped(verb: Verb, settings: Settings): Promise<number> {
  const stopped = Promise.withResolvers<number>()
  onStopSignal(
    () => stopped.resolve(0),
    () => void stops.killAll().finally(() => process.exit(FORCED)),
  )
  const onLost = (how: string) => {
    screen.problem(`${how} Nothing goes on without it. Logs: ${join(settings.home, 'logs')}`)
    stopped.resolve(1)
  }
  try {
    const started = startAll({ settings, screen, stops, onLost })
    const shown = started.then((all) => show(verb, settings, all))
    // A demo that is stopped has not published everything.
    const code = stopped.promise.then((lost) => (verb === 'demo' ? 1 : lost))
    const finished = await Promise.race([shown, code])
    return finished ?? (await code)
  } finally {
    const step = screen.step('Stopping')
    await stops.stopAll((line) => screen.problem(line))
    step.done('everything is stopped')
  }
}

/** The demo and the last screen. Answers the exit code, or undefined to stay up. */
async function show(verb: Verb, settings: Settings, all: Started): Promise<number | undefined> {
  const api = makeApiClient(all.apiUrl, all.demo.apiKey)
  const platforms = sandboxPlatforms(process.env)
  const connecting = connectDemo(api, all.run.sandbox_url, platforms, screen)
  const connections = await connecting.catch((error: unknown) => {
    // Clarion itself runs: a demo that cannot be shown must not end it.
    screen.problem(`The demo accounts are not connected: ${messageOf(error)}`)
    return []
  })
  const isWanted = verb === 'demo' || (settings.demoPosts && all.demo.firstPostId === undefined)
  const posts = isWanted ? await publishDemo(api, settings, all, connections) : []
  writeRunFile(settings.home, all.run)
  if (verb === 'demo') return reportDemo(posts, connections)
  const first = await firstPost(api, posts[0], all.demo.firstPostId)
  const facts = { run: all.run, demo: all.demo, cipher: all.cipher, home: settings.home }
  for (const line of finalScreen({ ...facts, post: first }, screen.style)) screen.line(line)
  screen.line('Ctrl-C stops everything.')
  return undefined
}

/** Clarion runs without it: what keeps it from being scheduled is told, and that is all. */
async function publishDemo(
  api: ApiClient,
  settings: Settings,
  { demo }: Started,
  connections: readonly ConnectionAnswer[],
): Promise<PostAnswer[]> {
  if (connections.length === 0) return []
  try {
    const scheduled = await scheduleDemo(api, connections, {
      folder: join(settings.home, 'demo'),
      screen,
    })
    const [first] = scheduled
    if (first === undefined) return []
    screen.line(`A picture and a video are due at ${first.scheduled_at}.`)
    if (demo.firstPostId === undefined) rememberFirstPost(settings.home, first.id)
    return await followPosts(api, scheduled, connections, screen)
  } catch (error) {
    screen.problem(`The first posts could not be scheduled: ${messageOf(error)}`)
    return []
  }
}

function reportDemo(
  posts: readonly PostAnswer[],
  connections: Parameters<typeof demoTable>[1],
): number {
  if (posts.length === 0) {
    screen.problem('Nothing was published: no account of the sandbox is connected.')
    return 1
  }
  screen.line()
  for (const line of demoTable(posts, connections)) screen.line(line)
  screen.line()
  return posts.every(({ status }) => status === 'published') ? 0 : 1
}

async function firstPost(
  api: ReturnType<typeof makeApiClient>,
  post: PostAnswer | undefined,
  id: string | undefined,
): Promise<{ id: string; workflowId: string } | undefined> {
  // Somebody may have deleted it since.
  const found =
    post ?? (id === undefined ? undefined : await api.getPost(id).catch(() => undefined))
  return found === undefined ? undefined : { id: found.id, workflowId: found.workflow_id }
}

function ignore(): void {
  // Nobody reads any more.
}
