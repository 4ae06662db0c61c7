import { ApplicationFailure, condition, log, setHandler, workflowInfo } from '@temporalio/workflow'
import type { ErrorCode } from '../domain/errors.ts'
import { allowedActions, decide } from '../domain/post-commands.ts'
import { rows } from './activity-proxies.ts'
import type {
  PostCommandArgs,
  PostCommandName,
  PostSummary,
  PostWorkflowInput,
  RefusalDetails,
} from './contract.ts'
import { POST_COMMANDS, postChanged, postSignal, postState, postUpdate } from './contract.ts'
import { parsePostCommand } from './post-command-args.ts'
import type { PostProcess } from './post-process.ts'

/** Every command as an Update and as a Signal; call it before the first await. */
export function listen(input: PostWorkflowInput, post: PostProcess): void {
  const commands = new Commands(input, post)
  for (const name of POST_COMMANDS) {
    // Null is what the CLI sends for `--input null`.
    const execute = (args?: PostCommandArgs | null) => commands.execute(name, args ?? {})
    setHandler(postUpdate(name), execute, {
      validator: (args?: PostCommandArgs | null) => commands.assertLegal(name, args ?? {}),
      description: `${name} this post`,
    })
    setHandler(postSignal(name), (args?: PostCommandArgs | null) => commands.obey(name, args ?? {}))
  }
  setHandler(postChanged, () => commands.readRow())
  setHandler(postState, () => post.state)
}

class Commands {
  readonly #input: PostWorkflowInput
  readonly #post: PostProcess
  #isBusy = false
  #count = 0

  constructor(input: PostWorkflowInput, post: PostProcess) {
    this.#input = input
    this.#post = post
  }

  /** Synchronous: a validator that is not can never refuse. */
  assertLegal(name: PostCommandName, args: PostCommandArgs): void {
    const command = parsePostCommand(name, args)
    if (typeof command === 'string') throw this.#refusal('validation_failed', command)
    if (this.#post.isBehind || (args.seq ?? 0) > this.#post.state.seq) return
    const decision = decide(this.#post.state, command, Date.now())
    // A rule of the tenant, which may have changed since the snapshot: the row decides.
    if (!decision.ok && decision.code === 'self_approval') return
    if (!decision.ok) throw this.#refusal(decision.code)
  }

  /** The row decides; when this returns, the decision is committed there. */
  execute(name: PostCommandName, args: PostCommandArgs): Promise<PostSummary> {
    return this.#oneByOne(async () => {
      const command = parsePostCommand(name, args)
      if (typeof command === 'string') throw this.#refusal('validation_failed', command)
      const { expectedRevision, approvalId, permalink } = args
      const answer = await rows.applyPostCommand({
        ...this.#ids(),
        transitionId: `${workflowInfo().runId}/${this.#count++}`,
        command,
        expectedRevision,
        actorId: args.actorId ?? null,
        approvalId,
        permalink,
      })
      this.#post.adopt(answer.post, Date.now())
      if (!answer.ok) throw this.#refusal(answer.code)
      this.#post.note = undefined
      return this.#summary()
    })
  }

  /** A signal cannot answer, so a refusal is logged and shown on the card. */
  async obey(name: PostCommandName, args: PostCommandArgs): Promise<void> {
    try {
      this.assertLegal(name, args)
      await this.execute(name, args)
    } catch (error) {
      if (!(error instanceof ApplicationFailure)) throw error
      this.#post.note = `${name} was refused: ${error.message}`
      this.#post.touch()
      log.warn('signal refused', { name, code: error.type })
    }
  }

  readRow(): Promise<void> {
    this.#post.isBehind = true
    return this.#oneByOne(async () => {
      this.#post.isBehind = false
      this.#post.adopt(await rows.loadPost(this.#ids()), Date.now())
    })
  }

  /** Handlers take turns, so that each sees what the one before it led to. */
  async #oneByOne<T>(work: () => Promise<T>): Promise<T> {
    await condition(() => !this.#isBusy)
    this.#isBusy = true
    try {
      return await work()
    } finally {
      this.#isBusy = false
    }
  }

  #ids() {
    return { tenantId: this.#input.tenantId, postId: this.#input.postId }
  }

  #summary(): PostSummary {
    const { status, approvalStatus, revision, scheduledAt } = this.#post.state
    const at = scheduledAt === null ? null : new Date(scheduledAt).toISOString()
    return { status, approvalStatus, revision, scheduledAt: at }
  }

  #refusal(code: ErrorCode, message: string = code): ApplicationFailure {
    const { state } = this.#post
    const details: RefusalDetails = {
      currentStatus: state.status,
      allowedActions: allowedActions(state, Date.now()),
    }
    return ApplicationFailure.create({
      type: code,
      message,
      nonRetryable: true,
      details: [details],
    })
  }
}
