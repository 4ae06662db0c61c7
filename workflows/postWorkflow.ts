import {
  allHandlersFinished,
  condition,
  continueAsNew,
  setCurrentDetails,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow'
import { rows } from './activity-proxies.ts'
import type { PostOutcome, PostWorkflowInput } from './contract.ts'
import { needsAttention, postCard } from './post-card.ts'
import { listen } from './post-handlers.ts'
import type { Step } from './post-process.ts'
import { PostProcess } from './post-process.ts'
import { confirmTarget, publishTarget } from './publish-target.ts'
import { SEARCH_ATTRIBUTES as SA } from './search-attributes.ts'

/** One post from its creation until nothing more can happen to it. */
export async function postWorkflow(input: PostWorkflowInput): Promise<PostOutcome> {
  const post = new PostProcess(input.postId, input.post, Date.now())
  const show = makeShow(post)
  listen(input, post)
  let failure: unknown
  const start = (step: Step) => {
    perform(step, input, post).catch((error: unknown) => {
      failure = error
      post.touch()
    })
  }
  while (!post.isOver(Date.now())) {
    for (const step of post.nextSteps(Date.now())) start(step)
    show()
    await changeOrDue(post)
    if (failure !== undefined) throw failure
    if (workflowInfo().continueAsNewSuggested && post.isIdle) return startOver(input, post)
  }
  show()
  await condition(allHandlersFinished)
  return outcomeOf(post)
}

async function perform(step: Step, input: PostWorkflowInput, post: PostProcess): Promise<void> {
  const { tenantId, postId } = input
  switch (step.do) {
    case 'hold':
      return rows.holdPost({ tenantId, postId, code: step.code })
    case 'expire_hold':
      return expireHold(input, post)
  }
  const { target, revision } = step
  post.begin(target.id, revision)
  if (step.do === 'publish') await publishTarget(input, post, target, revision)
  else await confirmTarget(input, post, target)
  post.finish(target.id, revision)
}

async function expireHold(input: PostWorkflowInput, post: PostProcess): Promise<void> {
  const { tenantId, postId } = input
  const { revision } = post.state
  post.adopt(await rows.expirePostHold({ tenantId, postId, revision }), Date.now())
}

/** Waits for the absolute instant of the next step, however often the post changes meanwhile. */
async function changeOrDue(post: PostProcess): Promise<void> {
  const { version } = post
  const changed = () => post.version !== version
  const wakeAt = post.wakeAt(Date.now())
  if (wakeAt === undefined) return condition(changed)
  const summary = `Next look at ${new Date(wakeAt).toISOString()}`
  await condition(changed, Math.max(1, wakeAt - Date.now()), { summary })
}

async function startOver(input: PostWorkflowInput, post: PostProcess): Promise<never> {
  await condition(allHandlersFinished)
  return continueAsNew<typeof postWorkflow>({ ...input, post: post.state })
}

/** Keeps the card and the search attributes true; an attribute is written only when it changed. */
function makeShow(post: PostProcess): () => void {
  let shown = shownOf(post)
  return () => {
    setCurrentDetails(postCard(post, Date.now()))
    const next = shownOf(post)
    if (next.key === shown.key) return
    shown = next
    upsertSearchAttributes([
      { key: SA.PostState, value: next.status },
      { key: SA.DueAt, value: next.dueAt === null ? null : new Date(next.dueAt) },
      { key: SA.NeedsAttention, value: next.attention },
      { key: SA.FailureCode, value: next.failureCode },
    ])
  }
}

function shownOf({ state }: PostProcess) {
  const failed = state.targets.find((target) => target.failureCode !== null)
  const attention = needsAttention(state)
  const failureCode = attention ? (failed?.failureCode ?? null) : null
  const key = [state.status, state.scheduledAt, failureCode].join('|')
  return { key, status: state.status, dueAt: state.scheduledAt, attention, failureCode }
}

function outcomeOf({ state }: PostProcess): PostOutcome {
  const codes = state.targets.flatMap((target) => target.failureCode ?? [])
  return { status: state.status, revision: state.revision, failureCodes: codes }
}
