import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { TokenCipher } from '../../vault/token-cipher.ts'
import { makeVaultCipher } from '../../vault/vault-cipher.ts'
import { type Connected, connectX, startConnection, stateOf } from '../support/connections.ts'
import { drive, sql } from '../support/drive.ts'
import { type InProcess, startInProcess } from '../support/in-process.ts'
import { until } from '../support/rows.ts'
import { describeWithOwnVault, startOwnVault } from './own-vault.ts'

const SLOW_MS = 90_000

describeWithOwnVault('posts and refreshes while Vault is away', () => {
  let vault: Awaited<ReturnType<typeof startOwnVault>>
  let cipher: TokenCipher
  let stack: InProcess

  beforeAll(async () => {
    vault = await startOwnVault()
    const { address, roles } = vault
    cipher = makeVaultCipher({ address, appRole: roles.worker, timeoutMs: 1_000 })
    stack = await startInProcess({ adjust: (deps) => ({ ...deps, cipher }) })
  }, SLOW_MS)
  afterAll(async () => {
    await stack?.stop()
    await cipher?.close()
    await vault?.stop()
  }, SLOW_MS)

  /** Codes and words of the activities that a workflow waits for. */
  async function waitsFor(handle: Awaited<ReturnType<typeof drive>>['handle']) {
    const { raw } = await handle.describe()
    return (raw.pendingActivities ?? []).flatMap(({ lastFailure }) =>
      lastFailure ? [`${lastFailure.applicationFailureInfo?.type}: ${lastFailure.message}`] : [],
    )
  }

  interface Outage {
    begin(): Promise<unknown>
    end(): Promise<unknown>
    reason: string
  }

  const policy = 'sys/policies/acl/clarion-worker'
  let allowed: unknown
  const outages: Record<string, () => Outage> = {
    sealed: () => ({
      begin: () => vault.seal(),
      end: () => vault.unseal(),
      reason: 'vault_unavailable: Token cipher unavailable: Vault is sealed',
    }),
    killed: () => ({
      begin: () => vault.kill9(),
      end: () => vault.start(),
      reason: 'vault_unavailable: Token cipher unavailable: Vault cannot be reached',
    }),
    denied: () => ({
      begin: async () => {
        const { data } = Object(await vault.admin('GET', policy))
        allowed = data
        await vault.admin('PUT', policy, { policy: 'path "x" { capabilities = ["deny"] }' })
      },
      end: () => vault.admin('PUT', policy, Object(allowed)),
      reason: 'vault_denied: Token cipher denied: Vault does not accept our token or its policies',
    }),
  }

  test.each(Object.entries(outages))(
    '%s: a post waits with the reason and is published once, afterwards',
    async (_name, make) => {
      const outage = make()
      const target = await connectX(stack)
      await outage.begin()
      const post = await drive(stack, {
        targets: [{ ...target, handle: 'x' }],
        status: 'queued',
      })
      const [reason] = await until(
        () => waitsFor(post.handle),
        (reasons) => reasons.length > 0,
      )
      expect(reason).toContain(outage.reason)
      expect(await post.accepted()).toEqual([])
      expect(await post.row()).toMatchObject({ status: 'queued' })
      const code = outage.reason.split(':')[0]
      await until(
        () => waitingCode(post.postId),
        (waiting) => waiting === code,
      )
      await outage.end()
      await post.reaches('published')
      expect(await waitingCode(post.postId)).toBeNull()
      expect(await post.accepted()).toHaveLength(1)
    },
    SLOW_MS,
  )

  /** What the API tells people that the post waits for. */
  async function waitingCode(postId: string): Promise<string | null> {
    const statement = 'select waiting_code from post_targets where post_id = ?'
    const [row] = await sql<{ waiting_code: string | null }>(stack, statement, [postId])
    return row?.waiting_code ?? null
  }

  async function lastError({ connectionId }: Connected) {
    const statement = 'select last_error from connections where id = ?'
    const [row] = await sql<{ last_error: { code: string } | null }>(stack, statement, [
      connectionId,
    ])
    return row?.last_error ?? null
  }

  test(
    'sealed: a refresh waits with the reason, calls nobody, and succeeds afterwards',
    async () => {
      const one = await connectX(stack)
      const connection = await startConnection(stack, one)
      await vault.seal()
      expect(await connection.refresh()).toMatchObject({ outcome: 'retrying' })
      expect(await lastError(one)).toMatchObject({ code: 'vault_unavailable' })
      expect(await stateOf(stack, one)).toMatchObject({ status: 'active' })
      expect(await connection.tokenCalls()).toEqual([])
      await vault.unseal()
      const fresh = () => connection.refresh({ staleVersion: 1 })
      await until(fresh, ({ outcome }) => outcome === 'fresh')
      expect(await connection.tokenCalls()).toEqual([200])
      expect(await lastError(one)).toBeNull()
      await connection.disconnect()
    },
    SLOW_MS,
  )
})
