import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { ConnectionAnswer } from '../../api/contract/schemas/connections.ts'
import { connectAccount } from '../../scripts/start/connect.ts'
import { ensureTransitKeys } from '../../vault/vault-bootstrap.ts'
import { type Stack, startStack } from '../support/stack.ts'
import { describeWithVault } from '../support/vault.ts'
import { openAccount, type SandboxPerson } from './support/sandbox-people.ts'

describeWithVault(
  'reels-connections: `connection_status` active / revoked / expired / error',
  (vault) => {
    let stack: Stack

    beforeAll(async () => {
      await ensureTransitKeys(vault())
      stack = await startStack({ vault: vault() })
    }, 120_000)
    afterAll(() => stack?.stop(), 60_000)

    interface Connected {
      connection: ConnectionAnswer
      person: SandboxPerson
    }

    async function connectX(handle: string): Promise<Connected> {
      const person = await openAccount(stack.sandbox.url, 'x', handle)
      const connection = await stack.connect('x', handle)
      return { connection, person }
    }

    const command = (id: string, name: string) =>
      stack.api.call<ConnectionAnswer>('POST', `/v1/connections/${id}/${name}`)

    const filtered = async (status: string) => {
      const path = `/v1/connections?status=${status}&limit=100`
      return (await stack.api.call<{ data: ConnectionAnswer[] }>('GET', path)).data
    }

    const begin = async () =>
      (
        await stack.api.call<{ session_id: string }>('POST', '/v1/connections/authorize', {
          platform: 'x',
        })
      ).session_id

    const sessionOf = (id: string) => stack.api.call<object>('GET', `/v1/oauth-sessions/${id}`)

    /** The person consents again: same id, same account, active. */
    async function comesBack({ connection, person }: Connected): Promise<void> {
      const again = await connectAccount(stack.api, stack.sandbox.url, {
        platform: 'x',
        handle: person.handle,
        reconnect: connection.id,
      })
      expect(again).toMatchObject({ id: connection.id, status: 'active', is_authenticated: true })
      expect(again.last_error).toBeNull()
    }

    test('pending: the consent of an account is not finished', async () => {
      const begun = await begin()
      expect(await sessionOf(begun)).toMatchObject({ status: 'pending', accounts: [] })
      expect((await filtered('active')).map(({ platform }) => platform)).not.toContain('x')
    })

    test('active', async () => {
      const { connection } = await connectX('status_active')
      expect(connection).toMatchObject({ status: 'active', is_authenticated: true })
      expect((await filtered('active')).map(({ id }) => id)).toContain(connection.id)
    })

    test('expired: the answer of a refresh was lost, and with it the only refresh token', async () => {
      const connected = await connectX('status_expired')
      const { connection, person } = connected
      const { account_id } = person
      await stack.sandbox.fault({
        ...{ platform: 'x', account_id, step: 'token', fault: 'drop_after_accept', times: 1 },
      })
      // Nothing is known yet: a lost answer alone never ends a connection.
      expect(await command(connection.id, 'refresh')).toMatchObject({
        status: 'active',
        refresh_failures: 1,
      })
      expect(await command(connection.id, 'refresh')).toMatchObject({
        status: 'expired',
        is_authenticated: false,
        last_error: { code: 'refresh_interrupted' },
        allowed_actions: expect.arrayContaining(['reconnect']),
      })
      expect((await filtered('expired')).map(({ id }) => id)).toEqual([connection.id])
      await comesBack(connected)
    })

    test('revoked: the person withdrew the access at the platform', async () => {
      const connected = await connectX('status_revoked')
      const { connection, person } = connected
      await stack.sandbox.revoke('x', person.account_id)
      expect(await command(connection.id, 'refresh')).toMatchObject({
        status: 'revoked',
        is_authenticated: false,
        last_error: { code: 'x_grant_ended' },
      })
      expect((await filtered('revoked')).map(({ id }) => id)).toEqual([connection.id])
      await comesBack(connected)
    })

    test('error: the platform refuses again and again, without a word of revocation', async () => {
      const connected = await connectX('status_error')
      const { connection, person } = connected
      const { account_id } = person
      const id = await stack.sandbox.fault({
        ...{ platform: 'x', account_id, step: 'token', fault: 'status', times: null },
        status: 401,
      })
      let answer = connection
      for (let refusals = 1; refusals <= 5; refusals++) {
        expect(answer.status).toBe('active')
        answer = await command(connection.id, 'refresh')
      }
      expect(answer).toMatchObject({ status: 'error', last_error: { code: 'x_app_refused' } })
      expect((await filtered('error')).map((one) => one.id)).toEqual([connection.id])
      await stack.sandbox.removeFault(id)
      await comesBack(connected)
    })

    test('disconnected', async () => {
      const connected = await connectX('status_ended')
      const { connection } = connected
      expect(await command(connection.id, 'disconnect')).toMatchObject({
        status: 'disconnected',
        is_authenticated: false,
        allowed_actions: ['reconnect', 'delete'],
      })
      expect((await filtered('disconnected')).map(({ id }) => id)).toEqual([connection.id])
      await comesBack(connected)
    })

    test('any other is none', async () => {
      const reply = await stack.api.send('GET', '/v1/connections?status=connected')
      expect(reply.status).toBe(422)
    })
  },
)
