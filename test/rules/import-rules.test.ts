import { describe, expect, test } from '@jest/globals'
import { cyclesOf, longestChain } from '../../scripts/check/import-graph.ts'
import { breachOf } from '../../scripts/check/import-rules.ts'

const value = (specifier: string) => ({ specifier, isType: false, line: 1 })
const type = (specifier: string) => ({ specifier, isType: true, line: 1 })

describe('the table of imports', () => {
  test.each([
    ['domain/errors.ts', value('../db/migrate.ts')],
    ['domain/errors.ts', value('node:fs')],
    ['domain/errors.ts', value('zod')],
    ['db/migrate.ts', value('../vault/token-cipher.ts')],
    ['config/load-config.ts', value('../platforms/http.ts')],
    ['platforms/http.ts', value('@temporalio/common')],
    ['platforms/http.ts', type('@temporalio/common')],
    ['vault/open-cipher.ts', value('express')],
    ['workflows/postWorkflow.ts', value('../activities/index.ts')],
    ['workflows/postWorkflow.ts', type('../db/migrate.ts')],
    ['workflows/postWorkflow.ts', value('node:crypto')],
    ['workflows/contract.ts', value('@temporalio/common')],
    ['activities/sweep.ts', value('../workflows/contract.ts')],
    ['activities/sweep.ts', value('@temporalio/client')],
    ['activities/sweep.ts', value('@mikro-orm/postgresql')],
    ['api/kick.ts', value('../workflows/postWorkflow.ts')],
    ['api/kick.ts', value('@temporalio/client')],
    ['api/kick.ts', value('../platforms/connector.ts')],
    ['api/kick.ts', type('../platforms/connector.ts')],
    ['api/kick.ts', value('../platforms/x/connector.ts')],
    ['worker/main.ts', value('../api/app.ts')],
    ['sandbox/app.ts', value('../platforms/registry.ts')],
    ['sandbox/app.ts', value('../domain/errors.ts')],
    ['platforms/http.ts', value('./testing/raw-server.ts')],
    ['db/migrate.ts', value('../test/support/database.ts')],
    ['platforms/http.test.ts', value('../sandbox/server.ts')],
  ])('%s may not import %j', (path, one) => {
    expect(breachOf(path, one)).toContain('may not import')
  })

  test.each([
    ['db/migrate.ts', value('../domain/post-state.ts')],
    ['db/orm.ts', value('@mikro-orm/postgresql')],
    ['activities/sweep.ts', type('@mikro-orm/postgresql')],
    ['activities/sweep.ts', value('@temporalio/activity')],
    ['workflows/activity-proxies.ts', type('../activities/index.ts')],
    ['workflows/search-attributes.ts', value('@temporalio/common')],
    ['api/temporal.ts', value('@temporalio/client')],
    ['api/kick.ts', type('../workflows/contract.ts')],
    ['api/kick.ts', type('../platforms/registry.ts')],
    ['api/main.ts', value('../platforms/registry.ts')],
    ['worker/main.ts', value('../activities/index.ts')],
    ['sandbox/app.ts', value('../domain/platforms.ts')],
    ['vault/vault-cipher.test.ts', value('../test/support/vault.ts')],
    ['scripts/check.ts', value('../api/app.ts')],
  ])('%s may import %j', (path, one) => {
    expect(breachOf(path, one)).toBeUndefined()
  })
})

describe('the graph of imports', () => {
  const graph = (edges: Record<string, string[]>) => new Map(Object.entries(edges))

  test('a cycle is told with the files on it', () => {
    const cycles = cyclesOf(graph({ a: ['b'], b: ['c'], c: ['b'] }))
    expect(cycles).toEqual([['b', 'c', 'b']])
  })

  test('two ways to one file are no cycle', () => {
    expect(cyclesOf(graph({ a: ['b', 'c'], b: ['d'], c: ['d'], d: [] }))).toEqual([])
  })

  test('the longest chain wins over the shorter way', () => {
    const chain = longestChain(graph({ a: ['d', 'b'], b: ['c'], c: ['d'], d: [] }))
    expect(chain).toEqual(['a', 'b', 'c', 'd'])
  })
})
