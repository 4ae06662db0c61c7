import type { WorkflowHandle } from '@temporalio/client'
import { WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client'
import { ApplicationFailure } from '@temporalio/common'
import { applyCommand } from '../../db/repositories/post-transitions.ts'
import type { PostState } from '../../domain/post-state.ts'
import type {
  PostCommandArgs,
  PostCommandName,
  PostSummary,
  RefusalDetails,
} from '../../workflows/contract.ts'
import { postChanged } from '../../workflows/contract.ts'
import type { InProcess } from './in-process.ts'
import type { NewPost } from './rows.ts'
import { acceptedPosts, connectBluesky, insertPost, readPost, startPost, until } from './rows.ts'

/** Drives posts on a stack as the API and people do: by updates, signals and edits of the row. */

export type Target = Awaited<ReturnType<typeof connectBluesky>> & { platform: string }

export async function blueskyTarget(stack: InProcess): Promise<Target> {
  return { ...(await connectBluesky(stack)), platform: 'bluesky' }
}

export interface Driven {
  postId: string
  handle: WorkflowHandle
  row(): Promise<PostState>
  /** Waits until the row has this status. */
  reaches(status: PostState['status']): Promise<PostState>
  /** The platform's own list of what it accepted, all targets together. */
  accepted(): Promise<{ text: string; platform_post_id: string; accepted_at: string }[]>
  /** Waits until a publish is staged (or no activity is pending any more). */
  isStaged(staged?: boolean): Promise<unknown>
}

/** Inserts a post for these targets, by default one new account, and starts its workflow. */
export async function drive(
  stack: InProcess,
  post: Omit<NewPost, 'targets' | 'content'> & { targets?: Target[] },
): Promise<Driven> {
  const targets = post.targets ?? [await blueskyTarget(stack)]
  const content = `post ${Math.random()}`
  const postId = await insertPost(stack, { ...post, content, targets })
  const handle = await startPost(stack, postId)
  const row = () => readPost(stack, postId)
  const pending = async () => (await handle.describe()).raw.pendingActivities?.length ?? 0
  return {
    postId,
    handle,
    row,
    reaches: (status) => until(row, (state) => state.status === status),
    accepted: async () => {
      const lists = await Promise.all(
        targets.map(({ accountId }) => acceptedPosts(stack.sandbox.url, accountId)),
      )
      return lists.flat().filter(({ text }) => text === content)
    },
    isStaged: (staged = true) => until(pending, (count) => count > 0 === staged),
  }
}

/** As the API does, with the `seq` it has read: the row may be a moment ahead of the workflow. */
export async function command(
  { handle, row }: Pick<Driven, 'handle' | 'row'>,
  name: PostCommandName,
  args: PostCommandArgs = {},
): Promise<PostSummary> {
  const { seq } = await row()
  return handle.executeUpdate<PostSummary, [PostCommandArgs]>(name, { args: [{ seq, ...args }] })
}

export interface Refusal extends Partial<RefusalDetails> {
  code: string
}

/** How an update was refused; `accepted` when it was not, `gone` when its workflow has ended. */
export async function refusalOf(update: Promise<unknown>): Promise<Refusal> {
  try {
    await update
    return { code: 'accepted' }
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return { code: 'gone' }
    if (!(error instanceof WorkflowUpdateFailedError)) throw error
    const { cause } = error
    if (!(cause instanceof ApplicationFailure)) throw error
    const [details] = cause.details ?? []
    return { code: cause.type ?? '', ...Object(details) }
  }
}

/** A change of the content as the API makes it: in the row, and then told to the workflow. */
export async function edit(
  stack: InProcess,
  { postId, handle }: Pick<Driven, 'postId' | 'handle'>,
): Promise<void> {
  const { tenantId } = stack
  await stack.db.withTenant(tenantId, (em) => {
    const input = { tenantId, postId, transitionId: `edit ${Math.random()}` }
    return applyCommand(em, { ...input, command: { type: 'edit' } }, Date.now())
  })
  await handle.signal(postChanged)
}

/** A statement in the tenant, for what tests set up or look at. */
export function sql<T extends object>(
  stack: InProcess,
  statement: string,
  values: readonly unknown[] = [],
): Promise<T[]> {
  return stack.db.withTenant(stack.tenantId, (em) => em.execute<T[]>(statement, [...values]))
}

export interface Attempt {
  status: string
  publish_round: number
  attempt_no: number
  confirmed_by: string | null
  failure_code: string | null
  target_id: string
}

export function attempts(stack: InProcess, postId: string): Promise<Attempt[]> {
  const statement = `select status, publish_round, attempt_no, confirmed_by, failure_code, target_id
    from publish_attempts where post_id = ? order by target_id, attempt_no`
  return sql<Attempt>(stack, statement, [postId])
}

export async function attentionOf(stack: InProcess, postId: string): Promise<string | null> {
  const statement = 'select attention_code from posts where id = ?'
  const [row] = await sql<{ attention_code: string | null }>(stack, statement, [postId])
  return row?.attention_code ?? null
}
