import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { SANDBOX_PLATFORMS } from '../support/publish-requests.ts'
import { expectSettled, type Story } from '../support/settled.ts'
import { type Stack, startStack } from '../support/stack.ts'

const COMMIT_TIMEOUT_MS = 3_000
const QUIET_MS = 3_000

/** What the platform does to the post of each account, and what must be told of it. */
const FAULTS = {
  alice: {
    name: 'accepts and drops the connection: found, not sent again',
    fault: { fault: 'drop_after_accept' },
    attempts: ['published by lookup'],
  },
  bob: {
    name: 'drops the connection unread: proved absent, then sent',
    fault: { fault: 'drop_before' },
    attempts: ['absent by lookup', 'published by answer'],
  },
  carol: {
    name: 'accepts after Clarion gave up waiting: found, not sent again',
    fault: { fault: 'delay', delay_ms: COMMIT_TIMEOUT_MS + QUIET_MS / 3 },
    attempts: ['published by lookup'],
  },
} as const
const ACCOUNTS = ['alice', 'bob', 'carol'] as const

let stack: Stack
let stories: Story[]

beforeAll(async () => {
  stack = await startStack({
    env: {
      CLARION_COMMIT_TIMEOUT_MS: String(COMMIT_TIMEOUT_MS),
      CLARION_CONFIRM_QUIET_MS: String(QUIET_MS),
    },
  })
  await Promise.all(SANDBOX_PLATFORMS.map(publishWithFaults))
  stories = await expectSettled(stack)
}, 120_000)

afterAll(async () => {
  await stack?.stop()
}, 60_000)

describe.each(SANDBOX_PLATFORMS)('%s', (platform) => {
  test.each(ACCOUNTS.map((account) => [FAULTS[account].name, account] as const))(
    '%s',
    (_name, account) => {
      const story = stories.find(({ content }) => content === textOf(platform, account))
      const { status, targets } = story ?? {}
      const { attempts } = FAULTS[account]
      expect([status, targets?.[0]?.attempts]).toEqual(['published', attempts])
    },
  )
})

async function publishWithFaults(platform: (typeof SANDBOX_PLATFORMS)[number]): Promise<void> {
  for (const account of ACCOUNTS) {
    const { id, platform_account_id } = await stack.connect(platform, account)
    const account_id = String(platform_account_id).split('/').at(-1)
    const where = { platform, account_id, step: 'publish', times: 1 }
    await stack.sandbox.fault({ ...where, ...FAULTS[account].fault })
    const content = textOf(platform, account)
    await stack.api.createPost({ content, publish: 'now', targets: [{ connection_id: id }] })
  }
}

function textOf(platform: string, account: string): string {
  return `lost answer of ${account} on ${platform}`
}
