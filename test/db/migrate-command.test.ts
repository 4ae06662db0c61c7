import { execFile } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { hashApiKey } from '../../api/http/authenticate.ts'
import { MIGRATIONS } from '../../db/migrations/index.ts'
import { findLiveApiKey } from '../../db/repositories/api-keys.ts'
import { emptyDatabase, type TestDatabase, testDatabase } from '../support/database.ts'

const SCRIPT = new URL('../../scripts/migrate.ts', import.meta.url).pathname
const NAMES = MIGRATIONS.map(({ name }) => name)
const NEWEST = NAMES.at(-1) ?? ''

interface Ended {
  code: number
  stdout: string
  stderr: string
}

function seedArgs({ tenant = 'acme', name = 'Acme', admin = 'ada@acme.example' } = {}): string[] {
  return ['seed', '--tenant', tenant, '--name', name, '--admin', admin]
}

function run(args: string[], url?: string): Promise<Ended> {
  const env = { ...process.env, DATABASE_URL: url ?? '', NODE_OPTIONS: '' }
  return new Promise((resolve) => {
    execFile(process.execPath, [SCRIPT, ...args], { env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
    })
  })
}

describe('npm run migrate', () => {
  let url: string
  let drop: () => Promise<void>

  beforeAll(async () => {
    ;({ url, drop } = await emptyDatabase())
  })
  afterAll(() => drop())

  test('goes up, tells the status, and down again', async () => {
    const up = await run([], url)
    expect(up).toEqual({ code: 0, stdout: NAMES.map((n) => `ran ${n}\n`).join(''), stderr: '' })
    expect((await run(['up'], url)).stdout).toBe('nothing to do, the database is up to date\n')
    expect((await run(['down'], url)).stdout).toBe(`reverted ${NEWEST}\n`)
    const lines = (await run(['status'], url)).stdout.trim().split('\n')
    expect(lines.at(0)).toMatch(new RegExp(`^\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z  ${NAMES[0]}$`))
    expect(lines.at(-1)).toMatch(new RegExp(`^pending +${NEWEST}$`))
  })

  test.each<[string, string[], string | undefined, string]>([
    ['no DATABASE_URL', [], undefined, 'Set DATABASE_URL'],
    ['nobody listening', [], 'postgres://u@127.0.0.1:1/db', 'cannot be reached'],
    ['a URL that is none', [], 'no url', 'Set DATABASE_URL'],
    ['an unknown verb', ['sideways'], 'postgres://u@127.0.0.1:1/db', 'Usage'],
    ['a seed without a tenant', ['seed', '--name', 'A'], 'postgres://u@127.0.0.1:1/db', '--tenant'],
    ['a tenant of capitals', seedArgs({ tenant: 'A' }), 'postgres://u@127.0.0.1:1/db', '--tenant'],
    ['a typing error', ['seed', '--tenat', 'a'], 'postgres://u@127.0.0.1:1/db', '--tenat'],
    ['too many words', ['up', 'a', 'b'], 'postgres://u@127.0.0.1:1/db', 'Usage'],
  ])('with %s fails with one line that helps', async (_what, args, address, words) => {
    const { code, stdout, stderr } = await run(args, address)
    expect({ code, stdout, lines: stderr.trim().split('\n').length }).toEqual({
      ...{ code: 1, stdout: '', lines: 1 },
    })
    expect(stderr).toContain(words)
  })

  test('never repeats the password', async () => {
    const wrong = new URL(url)
    wrong.password = 'sbx_secret_wrong'
    wrong.pathname = '/there_is_no_such_database'
    const { code, stderr } = await run([], wrong.toString())
    expect(code).toBe(1)
    expect(stderr).not.toContain('sbx_secret_wrong')
  })
})

describe('npm run migrate -- seed', () => {
  let made: TestDatabase

  beforeAll(async () => {
    made = await testDatabase()
  })
  afterAll(() => made.drop())

  /** Whom the key of a seed lets in. */
  async function ownerOf(stdout: string) {
    const key = /^api_key (clr_\S+)$/m.exec(stdout)?.[1] ?? ''
    const live = await made.db.asSystem((em) => findLiveApiKey(em, hashApiKey(key)))
    return { tenantId: live?.tenantId, role: live?.role, scopes: live?.scopes }
  }

  test('makes a tenant and an administrator, and prints the only copy of the key', async () => {
    const { code, stdout, stderr } = await run(seedArgs(), made.url)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const tenantId = /^tenant acme (\S+)$/m.exec(stdout)?.[1]
    expect(stdout).toContain('admin ada@acme.example\n')
    expect(await ownerOf(stdout)).toEqual({ tenantId, role: 'admin', scopes: ['admin'] })
  })

  test('for a tenant that is there it makes another key and changes nothing else', async () => {
    const first = await run(seedArgs({ tenant: 'twice' }), made.url)
    const again = await run(seedArgs({ tenant: 'twice', name: 'Other' }), made.url)
    expect(again.code).toBe(0)
    expect(await ownerOf(again.stdout)).toEqual(await ownerOf(first.stdout))
    expect(keyLine(again.stdout)).not.toBe(keyLine(first.stdout))
    const { tenantId = '' } = await ownerOf(first.stdout)
    const named = await made.db.withTenant(tenantId, (em) => em.execute('select name from tenants'))
    expect(named).toEqual([{ name: 'Acme' }])
  })

  test('says to migrate first', async () => {
    const empty = await emptyDatabase()
    const { code, stderr } = await run(seedArgs(), empty.url)
    await empty.drop()
    expect(code).toBe(1)
    expect(stderr).toContain('npm run migrate')
  })
})

function keyLine(stdout: string): string | undefined {
  return stdout.split('\n').find((line) => line.startsWith('api_key'))
}
