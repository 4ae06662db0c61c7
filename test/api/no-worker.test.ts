import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { startSandbox } from '../../sandbox/server.ts'
import { testDatabase } from '../support/database.ts'
import { makeNamespace } from '../support/namespace.ts'
import { temporalAddress } from '../support/temporal.ts'
import { testMedia } from '../support/test-media.ts'
import { connectBluesky } from './support/accounts.ts'
import { startTestApi, type TestApi } from './support/api.ts'
import { type Client, makeClient } from './support/client.ts'
import { localCipher } from './support/local-cipher.ts'

let api: TestApi
let alice: Client
let close: () => Promise<void>

beforeAll(async () => {
  const address = await temporalAddress()
  const { db, drop } = await testDatabase()
  const sandbox = await startSandbox({ enforceRateLimits: false })
  const { cipher, remove } = localCipher()
  const namespace = await makeNamespace(address)
  const media = await testMedia()
  const stack = { db, sandbox, media, namespace, temporalAddress: address, deps: { cipher } }
  api = await startTestApi({ stack, commandDeadlineMs: 500 })
  alice = makeClient(api.url, api.alice.key)
  close = async () => {
    await api.close()
    await sandbox.close()
    await drop()
    remove()
    await media.close()
  }
})
afterAll(() => close())

test('a command that no worker takes is pending, and its repeat is not a new one', async () => {
  const targets = [{ connection_id: await connectBluesky(api, alice) }]
  const { json } = await alice.post('/v1/posts', { content: 'a', targets })
  const headers = { 'idempotency-key': crypto.randomUUID() }
  const body = { scheduled_at: '2099-01-01T00:00:00Z' }
  for (let repeat = 0; repeat < 2; repeat++) {
    const reply = await alice.post(`/v1/posts/${json.id}/schedule`, body, { headers })
    expect([reply.status, reply.json.code, reply.json.retryable]).toEqual([
      504,
      'outcome_pending',
      true,
    ])
    expect(reply.headers.get('idempotency-replayed')).toBeNull()
  }
  expect((await alice.get(`/v1/posts/${json.id}`)).json.status).toBe('draft')
})
