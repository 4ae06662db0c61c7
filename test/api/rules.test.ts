import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { expect, test } from '@jest/globals'

const ROOT = new URL('../..', import.meta.url).pathname

/** What `defineOperation` needs, as text, so that parts can be left out. */
const PARTS: Record<string, string> = {
  id: `id: 'example'`,
  method: `method: 'post'`,
  path: `path: '/v1/example'`,
  summary: `summary: 's'`,
  tags: `tags: ['posts']`,
  access: `access: 'posts:read'`,
  audit: `audit: 'none'`,
  idempotency: `idempotency: 'key'`,
  params: `params: NOTHING`,
  query: `query: NOTHING`,
  body: `body: NOTHING`,
  success: `success: { status: 200, description: 'd', content: z.strictObject({ a: z.number() }) }`,
  errors: `errors: ['not_found']`,
  handler: `handler: async ({ fail }) => { if (Math.random() > 2) throw fail('not_found'); return { body: { a: 1 } } }`,
}

const WRONG: Record<string, Record<string, string | undefined>> = {
  withoutErrors: { errors: undefined },
  withoutAccess: { access: undefined },
  withoutAudit: { audit: undefined },
  unknownScope: { access: `access: 'posts:everything'` },
  unknownCode: { errors: `errors: ['no_such_code']` },
  postWithoutKey: { idempotency: `idempotency: 'inherent'` },
  undeclaredCode: { handler: `handler: async ({ fail }) => { throw fail('self_approval') }` },
  otherBody: { handler: `handler: async () => ({ body: { b: 1 } })` },
}

test('an operation compiles only with its errors, scope and audit choice', async () => {
  const folder = await mkdtemp(join(ROOT, 'test/api/compile-'))
  try {
    await writeFile(join(folder, 'right.ts'), sourceOf({}))
    for (const [name, changes] of Object.entries(WRONG)) {
      await writeFile(join(folder, `${name}.ts`), sourceOf(changes))
    }
    const extended = { extends: join(ROOT, 'tsconfig.json'), include: ['*.ts'] }
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(extended))
    const output = await compile(folder)
    const failing = [...output.matchAll(/(\w+)\.ts\(\d+,\d+\): error/g)].map(([, name]) => name)
    const ours = failing.filter((name) => name === 'right' || (name ?? '') in WRONG)
    expect([...new Set(ours)].sort()).toEqual(Object.keys(WRONG).sort())
  } finally {
    await rm(folder, { recursive: true })
  }
}, 120_000)

test('handlers and services fail only by the codes they declare', async () => {
  const free = ['http/', 'contract/', 'temporal.ts', 'app.ts']
  const files = await readdir(join(ROOT, 'api'), { recursive: true })
  for (const file of files.filter((name) => name.endsWith('.ts'))) {
    if (free.some((prefix) => file.startsWith(prefix))) continue
    const source = await readFile(join(ROOT, 'api', file), 'utf8')
    expect([file, /\bproblem\(|new ClarionError/.test(source)]).toEqual([file, false])
  }
})

test('only temporal.ts speaks to Temporal, and only config reads the environment', async () => {
  const files = await readdir(join(ROOT, 'api'), { recursive: true })
  for (const file of files.filter((name) => /(?<!\.test)\.ts$/.test(name))) {
    const source = await readFile(join(ROOT, 'api', file), 'utf8')
    const isTemporal = /from '@temporalio/.test(source)
    expect([file, isTemporal]).toEqual([file, file === 'temporal.ts'])
    expect([file, /process\.env/.test(source)]).toEqual([file, false])
  }
})

function sourceOf(changes: Record<string, string | undefined>): string {
  const parts = Object.values({ ...PARTS, ...changes }).filter((part) => part !== undefined)
  return `import { z } from 'zod'
import { defineOperation, NOTHING } from '../../../api/contract/operation.ts'
export const nothing = NOTHING
export const schema = z
export const operation = defineOperation({ ${parts.join(', ')} })
`
}

/** What the compiler prints; it ends with a failure, because some of it is wrong on purpose. */
async function compile(folder: string): Promise<string> {
  const resolve = createRequire(import.meta.url).resolve
  const tsc = join(dirname(resolve('typescript/package.json')), 'bin/tsc')
  return new Promise((done) => {
    execFile(process.execPath, [tsc, '-p', folder], (_failure, stdout) => done(stdout))
  })
}
