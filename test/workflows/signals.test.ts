import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { temporalBinary } from '../../scripts/tools/binaries.ts'
import type { PostCommandName } from '../../workflows/contract.ts'
import { POST_COMMANDS } from '../../workflows/contract.ts'
import { blueskyTarget, type Driven, drive, sql, type Target } from '../support/drive.ts'
import type { InProcess } from '../support/in-process.ts'
import { startInProcess } from '../support/in-process.ts'
import { until } from '../support/rows.ts'
import { makeSandboxControl } from '../support/sandbox-control.ts'
import { temporalAddress } from '../support/temporal.ts'

/** What people do in the Temporal UI, by the CLI that does the same. */

const run = promisify(execFile)
const HOUR_MS = 3_600_000

let stack: InProcess
let target: Target
let cli: string
let address: string

beforeAll(async () => {
  stack = await startInProcess()
  target = await blueskyTarget(stack)
  cli = (await temporalBinary()).path
  address = await temporalAddress()
})
afterAll(() => stack.stop())

async function signal(post: Driven, name: string, input = '{}'): Promise<void> {
  const where = ['--address', address, '--namespace', stack.namespace]
  const what = ['--workflow-id', post.handle.workflowId, '--name', name, '--input', input]
  await run(cli, ['workflow', 'signal', ...where, ...what])
}

function instantIn(ms: number): string {
  return new Date(Date.now() + ms).toISOString()
}

const scheduled = { status: 'scheduled', scheduledAt: new Date(Date.now() + HOUR_MS) } as const

function start(post: Parameters<typeof drive>[1] = {}) {
  return drive(stack, { targets: [target], ...post })
}

/** The card that the Temporal UI shows of a running workflow. */
async function cardOf({ handle }: Driven): Promise<string> {
  const metadata: { currentDetails?: string } = await handle.query('__temporal_workflow_metadata')
  return metadata.currentDetails ?? ''
}

async function failedPost() {
  const off = 'update connections set is_active = ? where id = ?'
  await sql(stack, off, [false, target.connectionId])
  const post = await start({ status: 'queued' })
  await post.reaches('failed')
  await sql(stack, off, [true, target.connectionId])
  // The card follows the row: an operator would see it before doing anything.
  await until(
    () => cardOf(post),
    (card) => card.includes('### failed'),
  )
  return post
}

async function unconfirmedPost() {
  const sandbox = makeSandboxControl(stack.sandbox.url)
  const fault = { platform: 'bluesky', account_id: target.accountId }
  await sandbox.fault({ ...fault, step: 'publish', fault: 'drop_before', times: 1 })
  await sandbox.fault({ platform: 'bluesky', step: 'lookup', fault: 'status', times: null })
  const post = await start({ status: 'queued' })
  await post.reaches('unconfirmed')
  await until(
    () => cardOf(post),
    (card) => card.includes('### unconfirmed'),
  )
  return post
}

const TRIED: Record<PostCommandName, () => Promise<void>> = {
  submit: async () => {
    const post = await start({ approvalRequired: true })
    await signal(post, 'submit')
    await until(post.row, (row) => row.approvalStatus === 'pending')
  },
  approve: async () => {
    const post = await start({ approvalRequired: true, approvalStatus: 'pending' })
    await signal(post, 'approve', `{"actorId":"${stack.approverId}"}`)
    await until(post.row, (row) => row.approvalStatus === 'approved')
  },
  reject: async () => {
    const post = await start({ approvalRequired: true, approvalStatus: 'pending' })
    await signal(post, 'reject')
    await until(post.row, (row) => row.approvalStatus === 'rejected')
  },
  schedule: async () => {
    const post = await start()
    await signal(post, 'schedule', `{"at":"${instantIn(HOUR_MS)}"}`)
    await post.reaches('scheduled')
  },
  reschedule: async () => {
    const post = await start(scheduled)
    const at = instantIn(2 * HOUR_MS)
    await signal(post, 'reschedule', `{"at":"${at}"}`)
    await until(post.row, (row) => row.scheduledAt === Date.parse(at))
  },
  unschedule: async () => {
    const post = await start(scheduled)
    await signal(post, 'unschedule')
    await post.reaches('draft')
  },
  publish: async () => {
    const post = await start(scheduled)
    await signal(post, 'publish')
    expect(await post.handle.result()).toMatchObject({ status: 'published' })
  },
  cancel: async () => {
    const post = await start(scheduled)
    await signal(post, 'cancel')
    expect(await post.handle.result()).toMatchObject({ status: 'cancelled' })
  },
  retry: async () => {
    const post = await failedPost()
    await signal(post, 'retry')
    expect(await post.handle.result()).toMatchObject({ status: 'published' })
  },
  resolve: async () => {
    const post = await unconfirmedPost()
    const [first] = (await post.row()).targets
    await signal(post, 'resolve', `{"targetId":"${first?.id}","as":"not_published"}`)
    await post.reaches('failed')
    await makeSandboxControl(stack.sandbox.url).clearFaults()
  },
}

describe('a signal of the temporal CLI', () => {
  test.each(POST_COMMANDS)('%s does what the update does', (name) => TRIED[name]())

  test('that is illegal changes nothing, and the card says so', async () => {
    const post = await start(scheduled)
    const before = await post.row()
    await signal(post, 'retry')
    const card = await until(
      () => cardOf(post),
      (text) => text.includes('was refused'),
    )
    expect(card).toContain('Last note: retry was refused: illegal_transition')
    expect(await post.row()).toEqual(before)
  })

  test.each([
    ['cancel', 'null'],
    ['cancel', '{"expectedRevision":"one"}'],
    ['approve', '{"actorId":"bob"}'],
    ['retry', '{"targetIds":7}'],
    ['schedule', '"tomorrow"'],
  ])('%s %s does not break the workflow', async (name, input) => {
    const post = await start({ approvalRequired: true, approvalStatus: 'pending' })
    await signal(post, name, input)
    if (input === 'null') {
      expect(await post.handle.result()).toMatchObject({ status: 'cancelled' })
      return
    }
    await until(
      () => cardOf(post),
      (text) => text.includes(`${name} was refused`),
    )
    await signal(post, 'cancel')
    expect(await post.handle.result()).toMatchObject({ status: 'cancelled' })
  })
})

describe('an operator sees', () => {
  test('the card of a post: state, due, targets, what to do, what is legal', async () => {
    const post = await start(scheduled)
    const card = await cardOf(post)
    const { targets } = await post.row()
    expect(card).toContain('### scheduled')
    expect(card).toContain(`Due: **${scheduled.scheduledAt.toISOString()}** · revision 1`)
    expect(card).toContain(`| ${targets[0]?.id} | bluesky | pending |`)
    expect(card).toContain('legal now: edit, reschedule, unschedule, publish, cancel')
  })

  test('search attributes that follow the state', async () => {
    const post = await failedPost()
    const attributes = async () => (await post.handle.describe()).typedSearchAttributes.getAll()
    const seen = await until(attributes, (pairs) =>
      pairs.some(({ key, value }) => key.name === 'PostState' && value === 'failed'),
    )
    const byName = Object.fromEntries(seen.map(({ key, value }) => [key.name, value]))
    expect(byName).toMatchObject({
      TenantId: stack.tenantId,
      Platform: 'bluesky',
      PostState: 'failed',
      FailureCode: 'connection_inactive',
      NeedsAttention: true,
    })
    await signal(post, 'retry')
    await post.handle.result()
    const settled = (await attributes()).map(({ key, value }) => [key.name, value])
    expect(Object.fromEntries(settled)).toMatchObject({
      PostState: 'published',
      NeedsAttention: false,
    })
    expect(settled.map(([name]) => name)).not.toContain('FailureCode')
  })
})
