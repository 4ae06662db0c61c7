import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { until } from '../support/rows.ts'
import { freshLocalCipher } from './ciphers.ts'
import { type RotationStack, startRotationStack } from './rotation-stack.ts'
import { fillSecrets, openSecrets } from './secrets.ts'

const CONNECTIONS = 100
const ROWS_PER_PAGE = 4

const cipher = freshLocalCipher()
let stack: RotationStack
const children: ChildProcess[] = []

beforeAll(async () => {
  stack = await startRotationStack(cipher, { worker: false })
})
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  await stack.stop()
})

interface WorkerProcess {
  /** Sizes of the batches it has rewrapped. */
  batches(): number[]
  kill9(): Promise<void>
}

function startWorkerProcess(): WorkerProcess {
  const program = join(import.meta.dirname, 'rotation-worker.ts')
  const args = [program, stack.url, stack.address, stack.namespace, cipher.keyFile]
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  children.push(child)
  let printed = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    printed += chunk.toString()
  })
  return {
    batches: () => printed.split('\n').filter(Boolean).map(Number),
    kill9: async () => {
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

test('a worker killed in the middle of a table is continued by the next one', async () => {
  const { team } = await fillSecrets(stack.db, cipher, CONNECTIONS)
  const first = startWorkerProcess()
  const rotation = await stack.start({
    ...{ settleMs: 0, rowsPerPage: ROWS_PER_PAGE, pagesPerActivity: 1_000 },
  })
  await until(
    () => Promise.resolve(first.batches().length),
    (count) => count >= 10,
  )
  await first.kill9()
  const done = sum(first.batches())
  expect(done).toBeLessThan(CONNECTIONS * 2)
  const second = startWorkerProcess()
  const { outcome, version } = await rotation.result()
  expect(outcome).toBe('done')
  const secrets = await openSecrets(stack.db, cipher, team.tenantId)
  expect(secrets.map(({ keyVersion }) => keyVersion)).toEqual(secrets.map(() => version))
  // Of what the first had done, at most the page it died in is done again.
  const again = done + sum(second.batches()) - secrets.length
  expect(again).toBeGreaterThanOrEqual(0)
  expect(again).toBeLessThanOrEqual(ROWS_PER_PAGE)
}, 90_000)

function sum(numbers: number[]): number {
  return numbers.reduce((total, one) => total + one, 0)
}
