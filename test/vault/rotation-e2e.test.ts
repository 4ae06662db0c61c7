import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { ROOT } from '../../scripts/start/settings.ts'
import { type Stack, startStack } from '../support/stack.ts'
import { describeWithOwnVault, startOwnVault } from './own-vault.ts'

const SLOW_MS = 120_000

describeWithOwnVault('Clarion as processes, with a Vault of its own', () => {
  let vault: Awaited<ReturnType<typeof startOwnVault>>
  let stack: Stack

  beforeAll(async () => {
    vault = await startOwnVault()
    const { roles } = vault
    stack = await startStack({
      vault,
      env: {
        VAULT_ROTATE_ROLE_ID: roles.rotate.roleId,
        VAULT_ROTATE_SECRET_ID: roles.rotate.secretId,
        VAULT_REWRAP_ROLE_ID: roles.rewrap.roleId,
        VAULT_REWRAP_SECRET_ID: roles.rewrap.secretId,
      },
    })
  }, SLOW_MS)
  afterAll(async () => {
    await stack?.stop()
    await vault?.stop()
  }, SLOW_MS)

  function keys(...args: string[]): Promise<{ code: number; printed: string }> {
    const env = { PATH: process.env.PATH, ...stack.env }
    return new Promise((resolve) => {
      const program = [join(ROOT, 'scripts/keys.ts'), ...args]
      execFile(process.execPath, program, { env }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), printed: stdout + stderr })
      })
    })
  }

  test(
    'an account connected before a rotation publishes after it',
    async () => {
      const connection = await stack.connect('mastodon')
      const rotated = await keys('rotate', '--settle-seconds', '1')
      expect(rotated.printed).toContain('only version 2 and newer open')
      expect(rotated.code).toBe(0)
      const status = await keys('status')
      expect(status.printed).toContain('newest version 2; before 2 ended')
      const targets = [{ connection_id: connection.id }]
      const post = await stack.api.createPost({ content: 'afterwards', publish: 'now', targets })
      await stack.api.waitForPost(post.id, ({ status: is }) => is === 'published')
      expect(stack.logs()).not.toContain(vault.token)
    },
    SLOW_MS,
  )
})
