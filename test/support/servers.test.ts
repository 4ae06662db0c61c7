import { expect, test } from '@jest/globals'
import { Client, Connection } from '@temporalio/client'
import { TestWorkflowEnvironment } from '@temporalio/testing'
import { SEARCH_ATTRIBUTES } from '../../scripts/tools/temporal.ts'
import { databaseServer } from './postgres.ts'
import { temporalAddress, timeSkippingExecutable } from './temporal.ts'
import { describeWithVault } from './vault.ts'

test('the database server is one for all who ask and lets roles be told apart', async () => {
  const [server, again] = await Promise.all([databaseServer(), databaseServer()])
  expect(again.url).toBe(server.url)
  expect(new URL(server.urlOf('other', 'a b', 'p@ss')).password).toBe('p%40ss')
  expect(server.port).toBeGreaterThan(0)
})

test('Temporal answers and has the search attributes', async () => {
  const connection = await Connection.connect({ address: await temporalAddress() })
  try {
    const client = new Client({ connection })
    const answer = await client.connection.operatorService.listSearchAttributes({
      namespace: 'default',
    })
    expect(Object.keys(answer.customAttributes ?? {})).toEqual(
      expect.arrayContaining(Object.keys(SEARCH_ATTRIBUTES)),
    )
  } finally {
    await connection.close()
  }
})

test('the time-skipping server passes 30 days at once', async () => {
  const environment = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: await timeSkippingExecutable() },
  })
  try {
    const before = await environment.currentTimeMs()
    await environment.sleep('30 days')
    expect((await environment.currentTimeMs()) - before).toBeGreaterThanOrEqual(30 * 86_400_000)
  } finally {
    await environment.teardown()
  }
})

describeWithVault('Vault', (vault) => {
  test('is unsealed', async () => {
    const response = await fetch(`${vault().address}/v1/sys/health`)
    expect(response.status).toBe(200)
  })
})
