import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { ROOT } from '../../scripts/start/settings.ts'
import { describeWithVault } from '../support/vault.ts'
import { freshLocalCipher, freshVaultCipher } from './ciphers.ts'
import { type RotationStack, startRotationStack } from './rotation-stack.ts'
import { fillSecrets, type Secrets } from './secrets.ts'

const home = mkdtempSync(join(tmpdir(), 'clarion-home-'))
const cipher = freshLocalCipher()
let stack: RotationStack
let secrets: Secrets

beforeAll(async () => {
  stack = await startRotationStack(cipher)
  secrets = await fillSecrets(stack.db, cipher, 3)
})
afterAll(async () => {
  await stack.stop()
  rmSync(home, { recursive: true })
})

interface Ended {
  code: number
  stdout: string
  stderr: string
}

/** The verbs as npm runs them, with nothing of this machine's own settings. */
function keys(args: string[], env: Record<string, string>): Promise<Ended> {
  const { PATH = '' } = process.env
  const settings = { PATH, CLARION_HOME: home, CLARION_LOCAL_KEY_FILE: cipher.keyFile, ...env }
  const program = [join(ROOT, 'scripts/keys.ts'), ...args]
  return new Promise((resolve) => {
    execFile(process.execPath, program, { env: settings }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
    })
  })
}

const addressed = () => ({
  DATABASE_URL: stack.url,
  TEMPORAL_ADDRESS: stack.address,
  TEMPORAL_NAMESPACE: stack.namespace,
})

describe('keys:status and keys:rotate', () => {
  test('tell versions, rows and rotations, and rotate', async () => {
    const before = await keys(['status'], addressed())
    expect(before).toMatchObject({ code: 0, stderr: '' })
    expect(before.stdout).toMatch(/local cipher, newest version 1\n/)
    expect(before.stdout).toMatch(/connection_tokens +0? *6/)
    expect(before.stdout).toContain('Rotation  none is known')
    const rotated = await keys(['rotate', '--settle-seconds', '0'], addressed())
    expect(rotated).toMatchObject({ code: 0, stderr: '' })
    expect(rotated.stdout).toContain('done: 10 rows moved, only version 2 and newer open')
    const after = await keys(['status'], addressed())
    expect(after.stdout).toContain('newest version 2; before 2 ended')
    expect(after.stdout).toContain('Rotation  done: 10 rows moved')
  })

  test('find the Clarion that npm start runs by its run.json', async () => {
    const file = { database_url: stack.url, temporal_address: stack.address, vault_addr: null }
    writeFileSync(join(home, 'run.json'), JSON.stringify(file))
    const answer = await keys(['status'], { TEMPORAL_NAMESPACE: stack.namespace })
    expect(answer).toMatchObject({ code: 0, stderr: '' })
    expect(answer.stdout).toMatch(/Rows +(unsaid +)?v2/)
    rmSync(join(home, 'run.json'))
  })

  test('say what is missing when nothing runs here', async () => {
    const answer = await keys(['status'], {})
    expect(answer.code).toBe(1)
    expect(answer.stderr).toMatch(/^keys: Clarion does not run here: `npm start` it/)
  })

  test('a rotation that waits for a person ends with 3, and can be cancelled', async () => {
    const { tenantId } = secrets.team
    await stack.db.withTenant(tenantId, (em) =>
      em.execute(`update connection_tokens set ciphertext = 'local:v2:AAAA' where kind = 'access'`),
    )
    const args = ['rotate', '--settle-seconds', '0']
    const answer = await keys(args, addressed())
    expect(answer.code).toBe(3)
    expect(answer.stdout).toContain('3 refused')
    expect(await keys(['rotate', '--cancel'], addressed())).toMatchObject({ code: 0 })
    const stranger = await keys(['rotate', '--quickly'], addressed())
    expect(stranger).toMatchObject({ code: 1 })
  })

  test('rows of a version that has ended are told', async () => {
    await stack.db.withTenant(secrets.team.tenantId, (em) =>
      em.execute(`update connection_tokens set key_version = 1 where kind = 'refresh'`),
    )
    const answer = await keys(['status'], addressed())
    expect(answer.code).toBe(1)
    expect(answer.stdout).toContain('3 rows are of a version that has ended')
  })
})

describeWithVault('keys:status with Vault', (vault) => {
  test('reads the versions with a login, and says which one is missing without', async () => {
    const other = await freshVaultCipher(vault())
    await other.close()
    const VAULT_ADDR = vault().address
    const without = await keys(['status'], { ...addressed(), VAULT_ADDR })
    expect(without.stdout).toContain('versions unknown: set VAULT_TOKEN')
    const wrong = { ...addressed(), VAULT_ADDR, VAULT_TOKEN: 'hvs.wrong' }
    const denied = await keys(['status'], wrong)
    expect(denied.stdout).toContain('versions unknown: Token cipher denied')
    expect(denied.stdout + denied.stderr).not.toContain('hvs.wrong')
  })
})
