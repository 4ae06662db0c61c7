import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { DatabaseUnavailable } from '../../db/database-errors.ts'
import type { Database } from '../../db/open-database.ts'
import { transient } from '../../domain/failures.ts'
import type { Attempt, Confirmation, Connector } from '../../platforms/connector.ts'
import { until } from '../support/rows.ts'
import { made, publish, startTheatre, type Theatre } from './acting.ts'

let stack: Theatre
/** Called before each transaction of a worker; throws to make the database fail there. */
let beforeTransaction: () => void
let deadlineMs: number

beforeAll(async () => {
  stack = await startTheatre({
    adjust: (deps) => ({
      ...deps,
      db: failing(deps.db),
      timing: {
        ...deps.timing,
        processingPatienceMs: 400,
        get processingDeadlineMs() {
          return deadlineMs
        },
      },
    }),
  })
})
beforeEach(() => {
  deadlineMs = 60_000
  beforeTransaction = () => undefined
})
afterAll(() => stack.stop())

function failing(db: Database): Database {
  return {
    ...db,
    withTenant: async (...args) => {
      beforeTransaction()
      return db.withTenant(...args)
    },
  }
}

const TICKET = { job: 'job-7' }
const working: Confirmation = { outcome: 'processing', message: 'At work.', checkAgainMs: 250 }
const found: Confirmation = { outcome: 'found', post: made('late') }

/** Plays a platform that takes the post, and then these looks in turn, the last for good. */
function playing(looks: (() => Confirmation)[], acts: Partial<Connector> = {}) {
  const seen: Attempt[] = []
  let commits = 0
  stack.play({
    validate: () => [],
    prepare: async (_draft, _access, _call, bench) => {
      const prepared = { state: { container: 'c1' }, secrets: { address: 'sbx_secret_up' } }
      await bench.save(prepared)
      return prepared
    },
    commit: async () => {
      commits++
      return { accepted: TICKET }
    },
    confirm: async (attempt) => {
      const look = looks[Math.min(seen.push(attempt), looks.length) - 1]
      if (look === undefined) throw new Error('nothing to see')
      return look()
    },
    ...acts,
  })
  return { seen, commits: () => commits }
}

const shows = (confirmation: Confirmation) => () => confirmation
const fails = (error: Error) => () => {
  throw error
}

describe('a post that the platform took and still works on', () => {
  test('is watched until it is out', async () => {
    const { seen, commits } = playing([shows(working), shows(found)])
    const post = await publish(stack)
    expect(await post.handle.result()).toMatchObject({ status: 'published' })
    expect(commits()).toBe(1)
    expect(seen.map(({ accepted }) => accepted)).toEqual([TICKET, TICKET])
    expect(seen[0]?.prepared?.state).toEqual({ container: 'c1' })
    expect(await post.attempts()).toMatchObject([
      { status: 'published', accepted: TICKET, confirmed_by: 'lookup', failure_code: null },
    ])
    expect(await post.target()).toMatchObject({ platform_post_id: 'made:late' })
    expect(await post.checkpoints()).toEqual([])
  })

  test('is watched on by the next process, which commits nothing', async () => {
    const { seen, commits } = playing([fails(new Error('the process died')), shows(found)])
    const post = await publish(stack)
    expect(await post.handle.result()).toMatchObject({ status: 'published' })
    expect(commits()).toBe(1)
    expect(seen.map(({ accepted }) => accepted)).toEqual([TICKET, TICKET])
    expect(await post.attempts()).toMatchObject([{ status: 'published', failure_code: null }])
  })

  test('is watched on when a look fails', async () => {
    const away = transient({ code: 'play_away', message: 'Away.' })
    const { commits } = playing([fails(away), shows(found)], {})
    const post = await publish(stack)
    expect(await post.handle.result()).toMatchObject({ status: 'published' })
    expect(commits()).toBe(1)
  })

  test('and refuses in the end has failed, in its words', async () => {
    const message = 'The film breaks the rules of the platform.'
    const refused: Confirmation = { outcome: 'refused', code: 'play_refused', message }
    const { commits } = playing([shows(working), shows(refused)])
    const post = await publish(stack)
    await post.reaches('failed')
    expect(await post.target()).toMatchObject({
      failure_code: 'play_refused',
      failure_reason: message,
      retryable: false,
    })
    expect(commits()).toBe(1)
    expect(await post.attempts()).toMatchObject([{ status: 'rejected' }])
    expect(await post.checkpoints()).toEqual([])
    await post.handle.terminate()
  })

  test('for longer than one process watches is looked at again and again', async () => {
    let isOut = false
    const { seen, commits } = playing([() => (isOut ? found : working)])
    const post = await publish(stack)
    await until(post.target, ({ waiting_code }) => waiting_code === 'processing')
    expect(await post.target()).toMatchObject({ status: 'publishing' })
    isOut = true
    expect(await post.handle.result()).toMatchObject({ status: 'published' })
    expect(commits()).toBe(1)
    expect(seen.at(-1)?.accepted).toEqual(TICKET)
  })

  test('and that no look can tell of is unknown, though the platform may take a day', async () => {
    let isOut = false
    const lost: Confirmation = { outcome: 'cannot_tell', message: 'Look at the account.' }
    const { commits } = playing([() => (isOut ? found : lost)])
    const post = await publish(stack)
    await post.reaches('unconfirmed')
    expect(await post.attempts()).toMatchObject([
      { status: 'unconfirmed', failure_code: 'cannot_tell', accepted: TICKET },
    ])
    isOut = true
    expect(await post.handle.result()).toMatchObject({ status: 'published' })
    expect(commits()).toBe(1)
  })

  test('for longer than a platform may is unknown, and found by the workflow', async () => {
    deadlineMs = 300
    let isOut = false
    const { seen, commits } = playing([() => (isOut ? found : working)])
    const post = await publish(stack)
    await post.reaches('unconfirmed')
    expect(await post.attempts()).toMatchObject([
      { status: 'unconfirmed', failure_code: 'still_processing', accepted: TICKET },
    ])
    // What was prepared is what a lookup may recognise the post by.
    expect(await post.checkpoints()).toHaveLength(1)
    isOut = true
    expect(await post.handle.result()).toMatchObject({ status: 'published' })
    expect(commits()).toBe(1)
    expect(seen.at(-1)?.accepted).toEqual(TICKET)
    expect(await post.checkpoints()).toEqual([])
  })

  test('and lost proves absent, and is sent again', async () => {
    const absent: Confirmation = { outcome: 'absent' }
    const { commits } = playing([shows(absent), shows(found)])
    const post = await publish(stack)
    expect(await post.handle.result()).toMatchObject({ status: 'published' })
    expect(commits()).toBe(2)
    expect(await post.attempts()).toMatchObject([{ status: 'absent' }, { status: 'published' }])
  })

  test('is known to the successor of a process that could not write it down', async () => {
    let failures = 0
    const { seen, commits } = playing([shows(found)], {
      commit: async () => {
        beforeTransaction = () => {
          if (failures++ === 0) throw away()
          beforeTransaction = () => undefined
          throw new Error('the process died while the database was away')
        }
        return { accepted: TICKET }
      },
    })
    const post = await publish(stack)
    expect(await post.handle.result()).toMatchObject({ status: 'published' })
    expect(failures).toBe(2)
    expect(commits()).toBe(0)
    // Without the heartbeat the attempt would be undecided, and looked up without its ticket.
    expect(seen.map(({ accepted }) => accepted)).toEqual([TICKET])
    expect(await post.attempts()).toMatchObject([
      { status: 'published', accepted: TICKET, failure_code: null },
    ])
  })
})

function away(): DatabaseUnavailable {
  return new DatabaseUnavailable('unreachable', false, new Error('away'))
}
