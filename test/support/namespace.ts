import { randomBytes } from 'node:crypto'
import { Connection, isGrpcServiceError } from '@temporalio/client'
import { msToTs } from '@temporalio/common/lib/time.js'
import { SEARCH_ATTRIBUTES } from '../../workflows/search-attributes.ts'

const TYPES = { KEYWORD: 2, DATETIME: 6, BOOL: 5 } as const
const DEADLINE_MS = 30_000

/** A Temporal namespace of one test's own, with Clarion's search attributes, ready for workflows. */
export async function makeNamespace(address: string): Promise<string> {
  const namespace = `test-${randomBytes(6).toString('hex')}`
  const connection = await Connection.connect({ address })
  try {
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: msToTs('1 day'),
    })
    await untilKnown(() => addSearchAttributes(connection, namespace))
    await untilKnown(() => connection.workflowService.listOpenWorkflowExecutions({ namespace }))
    return namespace
  } finally {
    await connection.close()
  }
}

export function addSearchAttributes(connection: Connection, namespace: string) {
  const searchAttributes = Object.fromEntries(
    Object.values(SEARCH_ATTRIBUTES).map(({ name, type }) => [name, TYPES[type]]),
  )
  return connection.operatorService.addSearchAttributes({ namespace, searchAttributes })
}

/** The server's parts learn of a namespace one after another. */
async function untilKnown(ask: () => Promise<unknown>): Promise<void> {
  const giveUpAt = Date.now() + DEADLINE_MS
  for (;;) {
    try {
      await ask()
      return
    } catch (error) {
      const isKnown = !isGrpcServiceError(error) || error.code !== 5
      if (isKnown || Date.now() > giveUpAt) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
