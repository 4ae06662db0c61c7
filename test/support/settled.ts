import { randomUUID } from 'node:crypto'
import { expect } from '@jest/globals'
import type { SweepResult } from '../../activities/types.ts'
import { postWorkflowId, WORKFLOW_QUEUE } from '../../workflows/contract.ts'
import { type Histories, type Inspector, inspectDatabase, inspectTemporal } from './evidence.ts'
import type { AcceptedPost } from './sandbox-control.ts'
import type { Stack } from './stack.ts'
import { type Patience, waitUntil } from './wait-until.ts'

/** How one post came to its end, by its row, its ledger and its events. */
export interface Story {
  id: string
  content: string
  status: string
  targets: TargetStory[]
  /** Types in the order of `seq`. */
  events: string[]
}

export interface TargetStory {
  id: string
  platform: string
  status: string
  platformPostId: string | null
  failureCode: string | null
  failureReason: string | null
  /** In their order, such as `absent by lookup`. */
  attempts: string[]
}

interface Attempt {
  status: string
  platform_post_id: string | null
  confirmed_by: string | null
}

interface TargetRow {
  id: string
  platform: string
  status: string
  platform_post_id: string | null
  failure_code: string | null
  failure_reason: string | null
  attempt_count: number
  attempts: Attempt[] | null
}

interface PostRow {
  id: string
  content: string
  status: string
  seq: string
  targets: TargetRow[]
  events: { seq: number; type: string; target_id: string | null }[]
}

/**
 * What must hold after every crash: everything has come to rest, each platform holds what the rows
 * say and nothing else, the ledger and the events agree with them, and a sweep without grace finds
 * no disagreement. Answers how each post came to its end, oldest first.
 */
export async function expectSettled(
  stack: Stack,
  { deadlineMs = 60_000 }: Patience = {},
): Promise<Story[]> {
  const database = inspectDatabase(stack.databaseUrl)
  const temporal = await inspectTemporal(stack.temporal)
  try {
    await waitUntil('nothing is stuck', () => assertNothingStuck(database), { deadlineMs })
    const posts = await database.query<PostRow>(STORIES)
    expectPlatformsAgree(posts, await stack.sandbox.posts())
    for (const post of posts) expectRowsAgree(post)
    await waitUntil('workflows ended as their posts did', () =>
      assertWorkflows(stack.tenantId, posts, temporal),
    )
    expect(await sweepNow(temporal)).toMatchObject({ disagreements: 0, poked: 0 })
    return posts.map(storyOf)
  } finally {
    await temporal.close()
    await database.close()
  }
}

const STUCK = `
  select format('post "%s" is %s', content, status) as what from posts
    where deleted_at is null and (status in ('queued', 'unconfirmed')
      or (status = 'scheduled' and scheduled_at < now()))
  union all
  select format('target %s on %s is %s', id, platform, status) from post_targets
    where status in ('queued', 'publishing', 'unconfirmed')
  union all
  select format('attempt %s of target %s is %s (%s)', attempt_no, target_id, status, failure_code)
    from publish_attempts where status in ('open', 'unconfirmed')
  union all
  select format('%s waits in the outbox: %s', kind, last_error) from outbox
    where processed_at is null`

async function assertNothingStuck(database: Inspector): Promise<true> {
  const stuck = await database.query<{ what: string }>(STUCK)
  if (stuck.length > 0) throw new Error(stuck.map(({ what }) => what).join('\n'))
  return true
}

const STORIES = `
  select p.id, p.content, p.status, p.seq,
    (select json_agg(t order by t.position) from (
      select g.*, (select json_agg(a order by a.attempt_no) from publish_attempts a
        where a.target_id = g.id) as attempts
      from post_targets g where g.post_id = p.id) t) as targets,
    (select json_agg(json_build_object('seq', e.seq, 'type', e.type,
        'target_id', e.detail->>'target_id') order by e.seq)
      from post_events e where e.post_id = p.id) as events
  from posts p where p.deleted_at is null order by p.created_at, p.id`

/** By id: a post that was sent twice, or that no row knows, has an id of its own. */
function expectPlatformsAgree(posts: readonly PostRow[], accepted: readonly AcceptedPost[]): void {
  const told = posts
    .flatMap((post) => post.targets.map((target) => ({ target, text: post.content })))
    .filter(({ target }) => target.status === 'published')
    .map(({ target, text }) => [target.platform, text, target.platform_post_id].join(' | '))
  const held = accepted.map((one) => [one.platform, one.text, one.platform_post_id].join(' | '))
  expect(held.toSorted()).toEqual(told.toSorted())
}

function expectRowsAgree(post: PostRow): void {
  expect([post.content, post.status]).toEqual([post.content, sumOf(post)])
  const last = post.events.at(-1)?.seq
  expect([post.content, String(last)]).toEqual([post.content, String(post.seq)])
  for (const target of post.targets) expectLedgerAgrees(post, target)
}

function sumOf({ status, targets }: PostRow): string {
  // Its time has not come.
  if (targets.every((target) => target.status === 'pending')) return status
  const published = targets.filter(({ status }) => status === 'published').length
  if (published === targets.length) return 'published'
  return published > 0 ? 'partially_published' : 'failed'
}

function expectLedgerAgrees(post: PostRow, target: TargetRow): void {
  const attempts = target.attempts ?? []
  const isPublished = target.status === 'published'
  const published = attempts.filter(({ status }) => status === 'published')
  const countEvents = (type: string) =>
    post.events.filter((one) => one.type === type && one.target_id === target.id).length
  expect({
    content: post.content,
    published: published.map((one) => one.platform_post_id),
    attempts: attempts.length,
    started: countEvents('publishing'),
    told: countEvents('target_published'),
    hasReason: target.failure_reason !== null,
  }).toEqual({
    content: post.content,
    published: isPublished ? [target.platform_post_id] : [],
    attempts: target.attempt_count,
    started: target.attempt_count,
    told: isPublished ? 1 : 0,
    hasReason: target.status === 'failed',
  })
}

async function assertWorkflows(
  tenantId: string,
  posts: readonly PostRow[],
  temporal: Histories,
): Promise<true> {
  for (const { id, content, status } of posts) {
    const handle = temporal.client.workflow.getHandle(postWorkflowId(tenantId, id))
    const { status: is } = await handle.describe()
    // One that did not reach everybody waits, for its time or for a person.
    const should = status === 'published' ? 'COMPLETED' : 'RUNNING'
    if (is.name !== should) throw new Error(`"${content}" is ${status}, its workflow ${is.name}`)
  }
  return true
}

function sweepNow({ client }: Histories): Promise<SweepResult> {
  return client.workflow.execute('sweepWorkflow', {
    workflowId: `sweep-${randomUUID()}`,
    taskQueue: WORKFLOW_QUEUE,
    workflowExecutionTimeout: '60 seconds',
    args: [{ graceMs: 0 }],
  })
}

function storyOf(post: PostRow): Story {
  return {
    id: post.id,
    content: post.content,
    status: post.status,
    targets: post.targets.map((target) => ({
      id: target.id,
      platform: target.platform,
      status: target.status,
      platformPostId: target.platform_post_id,
      failureCode: target.failure_code,
      failureReason: target.failure_reason,
      attempts: (target.attempts ?? []).map(describeAttempt),
    })),
    events: post.events.map(({ type }) => type),
  }
}

function describeAttempt({ status, confirmed_by }: Attempt): string {
  return confirmed_by === null ? status : `${status} by ${confirmed_by}`
}
