import { expect } from '@jest/globals'
import { PlatformFailure } from '../../domain/failures.ts'
import type { Content, PublishedRef } from '../../platforms/connector.ts'
import { type Part, partsOf } from '../../platforms/content.ts'
import { contentOf, draftOf } from '../connectors/drive.ts'
import type { Bench } from './bench.ts'
import { refresh } from './connect.ts'
import { type FaultName, faultOf, TOLD_WAIT_S } from './faults.ts'
import { confirmOnce, type End, type Job, publishOnce } from './publish-once.ts'
import type { Subject } from './subjects.ts'

/** What happened in one cell. */
export interface Told {
  /** Its steps, as the tables have them. */
  course: string
  /** Everything that was said to people. */
  reasons: string[]
}

/** Publishes one kind under one fault, to the end that the worker would bring it to. */
export async function runCell(
  bench: Bench,
  made: Partial<Content>,
  { kind, faultName }: { kind: string; faultName: FaultName },
): Promise<Told & { watched: Part }> {
  const content = contentOf(made)
  const { connector } = bench.harness
  expect(connector.validate(content, bench.connection.limits)).toEqual([])
  const parts = partsOf(connector, content)
  const before = await publishAll(bench, parts.slice(0, -1))
  const watched = parts.at(-1)
  if (watched === undefined) throw new Error('nothing to publish')
  const job: Job = {
    harness: bench.harness,
    draft: draftOf(watched, before),
    otherPostIds: [...bench.ledger],
  }
  await bench.beginWatching()
  await bench.setFault(kind, faultName)
  const told = await new Course(bench, job, faultName).run()
  return { ...told, watched }
}

async function publishAll(bench: Bench, parts: readonly Part[]): Promise<PublishedRef[]> {
  const before: PublishedRef[] = []
  for (const part of parts) {
    const job = { harness: bench.harness, draft: draftOf(part, before), otherPostIds: [] }
    const end = await publishOnce(job, bench.connection.access)
    if (!('published' in end)) throw new Error(`not published: ${JSON.stringify(end)}`)
    bench.ledger.push(end.published.platformPostId)
    before.push(end.published)
  }
  return before
}

/** The rules of the worker, without its database: who is tried again, refreshed, looked up. */
class Course {
  readonly #bench: Bench
  readonly #job: Job
  readonly #fault: FaultName
  readonly #steps: string[] = []
  readonly #reasons: string[] = []

  constructor(bench: Bench, job: Job, fault: FaultName) {
    this.#bench = bench
    this.#job = job
    this.#fault = fault
  }

  async run(): Promise<Told> {
    if (faultOf(this.#fault).isSentTwice) expect(await this.#publish()).toHaveProperty('failure')
    await this.#follow(await this.#publish(), true)
    return { course: this.#steps.join(' → '), reasons: this.#reasons }
  }

  #publish(): Promise<End> {
    return publishOnce(this.#job, this.#bench.connection.access)
  }

  async #follow(end: End, mayTryAgain: boolean): Promise<void> {
    if ('published' in end) return this.#published(end.published.platformPostId)
    if ('confirmation' in end) return this.#confirmed(end.confirmation, mayTryAgain)
    const { failure, startedAt } = end
    this.#steps.push(`${failure.kind} ${failure.code}`)
    this.#reasons.push(failure.message)
    if (failure.kind === 'outcome_unknown') {
      return this.#look({ startedAt, failureCode: failure.code }, mayTryAgain)
    }
    if (!mayTryAgain) return
    switch (failure.kind) {
      case 'rate_limited':
        this.#checkWait(failure.retryAt)
        return this.#follow(await this.#publish(), false)
      case 'transient':
        return this.#follow(await this.#publish(), false)
      case 'auth_expired':
        return this.#refresh()
      case 'auth_revoked':
      case 'rejected':
        return
    }
  }

  async #look(
    attempt: { startedAt: Date; failureCode: string },
    mayTryAgain: boolean,
  ): Promise<void> {
    const { access } = this.#bench.connection
    const seen = await confirmOnce(this.#job, access, attempt).catch((error: unknown) => {
      if (!(error instanceof PlatformFailure)) throw error
      // A look that fails proves nothing, so it is made again.
      this.#steps.push(`${error.kind} ${error.code}`)
      this.#reasons.push(error.message)
      return confirmOnce(this.#job, access, attempt)
    })
    return this.#confirmed(seen, mayTryAgain)
  }

  async #confirmed(seen: Awaited<ReturnType<typeof confirmOnce>>, again: boolean): Promise<void> {
    if (seen.outcome === 'found') {
      this.#steps.push('found')
      this.#bench.ledger.push(seen.post.platformPostId)
      return
    }
    if (seen.outcome === 'refused') {
      this.#steps.push(`rejected ${seen.code}`)
      this.#reasons.push(seen.message)
      return
    }
    this.#steps.push(seen.outcome)
    if ('message' in seen) this.#reasons.push(seen.message)
    // Proof that nothing is there: the same intent, with its frozen ids, is sent once more.
    if (seen.outcome === 'absent' && again) await this.#follow(await this.#publish(), false)
  }

  async #refresh(): Promise<void> {
    try {
      const fresh = await refresh(this.#bench.harness, this.#bench.connection)
      if (fresh === undefined) {
        this.#steps.push('no refresh')
        return
      }
      this.#bench.connection = fresh
    } catch (error) {
      const { kind, code, message } = Object(error)
      this.#steps.push(`${kind} ${code}`)
      this.#reasons.push(message)
      return
    }
    this.#steps.push('refreshed')
    await this.#follow(await this.#publish(), false)
  }

  #published(platformPostId: string): void {
    this.#steps.push('published')
    this.#bench.ledger.push(platformPostId)
  }

  /** To the second, give or take those that the test itself takes. */
  #checkWait(retryAt: Date | undefined): void {
    const waitS = ((retryAt?.getTime() ?? 0) - Date.now()) / 1000
    const wantedS = secondsOf(this.#bench.subject.wait)
    // Modulo a day: midnight may pass between the answer and this line.
    expect(Math.abs(waitS - wantedS) % DAY_S).toBeLessThan(10)
  }
}

const DAY_S = 24 * 60 * 60

function secondsOf(wait: Subject['wait']): number {
  if (wait === undefined) return TOLD_WAIT_S
  if (wait === 'a minute') return 60
  const now = new Date()
  const midnightMs = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1)
  return (midnightMs - now.getTime()) / 1000
}
