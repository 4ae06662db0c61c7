import type { ActivityDeps } from '../../activities/deps.ts'
import type { Connector } from '../../platforms/connector.ts'
import { type Attempt, sql } from '../support/drive.ts'
import type { InProcess, InProcessOptions } from '../support/in-process.ts'
import { startInProcess } from '../support/in-process.ts'
import { connectBluesky, insertPost, readPost, startPost, until } from '../support/rows.ts'

/** What a test lets the platform do instead of the real connector. */
export type Acts = Partial<Omit<Connector, 'platform' | 'auth'>>

/** A stack on which tests play Bluesky; everything on our side of the connector is real. */
export interface Theatre extends InProcess {
  /** Until the next call; what is left out is the real connector's. */
  play(acts: Acts): void
}

export async function startTheatre(
  options: Omit<InProcessOptions, 'adjust'> & { adjust?(deps: ActivityDeps): ActivityDeps } = {},
): Promise<Theatre> {
  let acts: Acts = {}
  const stack = await startInProcess({
    ...options,
    adjust: (base) => {
      const deps = options.adjust?.(base) ?? base
      const connector: ActivityDeps['connector'] = (platform) => {
        const real = deps.connector(platform)
        return { ...real, ...(platform === 'bluesky' ? acts : {}) }
      }
      return { ...deps, connector }
    },
  })
  return {
    ...stack,
    play: (next) => {
      acts = next
    },
  }
}

export type Account = Awaited<ReturnType<typeof connectBluesky>>

/** A post on one account, and its workflow. */
export async function publish(
  stack: InProcess,
  post: { content?: string; settings?: object; dueAt?: number; account?: Account } = {},
) {
  const account = post.account ?? (await connectBluesky(stack))
  const { content = 'words', settings, dueAt } = post
  const postId = await insertPost(stack, {
    content,
    targets: [{ ...account, platform: 'bluesky', settings }],
    ...(dueAt === undefined
      ? { status: 'queued' }
      : { status: 'scheduled', scheduledAt: new Date(dueAt) }),
  })
  const handle = await startPost(stack, postId)
  const row = () => readPost(stack, postId)
  return {
    account,
    postId,
    handle,
    row,
    reaches: (status: string) => until(row, (state) => state.status === status),
    target: () => targetOf(stack, postId),
    checkpoints: () => checkpointsOf(stack, postId),
    attempts: () => attemptsOf(stack, postId),
  }
}

export interface TargetRow {
  id: string
  status: string
  platform_post_id: string | null
  permalink: string | null
  next_part: number
  parts: { part: number; role: string; platform_post_id: string }[]
  warnings: { code: string; message: string }[]
  failure_code: string | null
  failure_reason: string | null
  retryable: boolean
  waiting_code: string | null
}

export async function targetOf(stack: InProcess, postId: string): Promise<TargetRow> {
  const [row] = await sql<TargetRow>(stack, 'select * from post_targets where post_id = ?', [
    postId,
  ])
  if (row === undefined) throw new Error('no target')
  return row
}

export interface CheckpointRow {
  part: number
  state: object
  secrets_ciphertext: string | null
  key_version: number | null
}

export function checkpointsOf(stack: InProcess, postId: string): Promise<CheckpointRow[]> {
  const statement = `select c.* from publish_checkpoints c
    join post_targets g on g.tenant_id = c.tenant_id and g.id = c.target_id
    where g.post_id = ? order by c.part`
  return sql(stack, statement, [postId])
}

export function attemptsOf(
  stack: InProcess,
  postId: string,
): Promise<(Attempt & { part: number; role: string; accepted: object | null })[]> {
  const statement = 'select * from publish_attempts where post_id = ? order by attempt_no'
  return sql(stack, statement, [postId])
}

/** What a platform answers, with an id of its own. */
export function made(name: string) {
  return { platformPostId: `made:${name}`, permalink: `https://play.test/${name}` }
}
