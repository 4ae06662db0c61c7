import { setTimeout as pause } from 'node:timers/promises'
import { Connection } from '@temporalio/client'
import { msToTs } from '@temporalio/common/lib/time.js'
import { messageOf } from '../tools/errno.ts'
import { SEARCH_ATTRIBUTES } from '../tools/temporal.ts'

/** https://api-docs.temporal.io, IndexedValueType */
const INDEXED_TYPES = { Keyword: 2, Bool: 5, Datetime: 6 } as const

const GRPC_ALREADY_EXISTS = 6
const READY_TIMEOUT_MS = 30_000
const POLL_MS = 100

/**
 * Makes namespace and search attributes of a server that somebody else runs, unless they are there.
 * Returns when the server knows them.
 */
export async function prepareNamespace(address: string, namespace: string): Promise<void> {
  const connection = await Connection.connect({ address, connectTimeout: 10_000 })
  try {
    await registerNamespace(connection, namespace)
    await until(async () => {
      const known = await attributesOf(connection, namespace)
      const missing = Object.entries(SEARCH_ATTRIBUTES).filter(([name]) => !known.has(name))
      if (missing.length === 0) return true
      await connection.operatorService.addSearchAttributes({
        namespace,
        searchAttributes: Object.fromEntries(
          missing.map(([name, type]) => [name, INDEXED_TYPES[type]]),
        ),
      })
      return false
    })
  } finally {
    await connection.close()
  }
}

async function registerNamespace(connection: Connection, namespace: string): Promise<void> {
  try {
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: msToTs('1 day'),
    })
  } catch (error) {
    if (!isGrpcCode(error, GRPC_ALREADY_EXISTS)) throw error
  }
}

async function attributesOf(connection: Connection, namespace: string): Promise<Set<string>> {
  const answer = await connection.operatorService.listSearchAttributes({ namespace })
  return new Set(Object.keys(answer.customAttributes ?? {}))
}

/** A namespace that was just made is known to all parts of the server only a moment later. */
async function until(ready: () => Promise<boolean>): Promise<void> {
  const giveUpAt = Date.now() + READY_TIMEOUT_MS
  let last: unknown
  while (Date.now() < giveUpAt) {
    try {
      if (await ready()) return
    } catch (error) {
      last = error
    }
    await pause(POLL_MS)
  }
  throw new Error(`Temporal's namespace could not be prepared: ${messageOf(last)}`)
}

function isGrpcCode(error: unknown, code: number): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code
}
