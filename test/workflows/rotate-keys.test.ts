import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { REWRAP_PLACES } from '../../db/repositories/rewrap-places.ts'
import { CipherRefused } from '../../vault/cipher-errors.ts'
import type { TokenCipher } from '../../vault/token-cipher.ts'
import { until } from '../support/rows.ts'
import { freshLocalCipher } from '../vault/ciphers.ts'
import { type RotationStack, startRotationStack } from '../vault/rotation-stack.ts'
import { fillSecrets, openSecrets, plaintextAt, type Secrets } from '../vault/secrets.ts'

const batches: number[] = []
let before: ((items: number) => Promise<void>) | undefined
const local = freshLocalCipher()
let stack: RotationStack
let secrets: Secrets

/** Notes each batch, and lets a test come in between. */
function watched(cipher: TokenCipher): TokenCipher {
  return {
    ...cipher,
    rewrap: async (items) => {
      if (items.length > 0) batches.push(items.length)
      await before?.(items.length)
      return cipher.rewrap(items)
    },
  }
}

beforeAll(async () => {
  stack = await startRotationStack(watched(local))
})
afterAll(() => stack.stop())
beforeEach(async () => {
  batches.length = 0
  before = undefined
  secrets = await fillSecrets(stack.db, stack.cipher, 6)
})

const opened = () => openSecrets(stack.db, stack.cipher, secrets.team.tenantId)

async function isRetired(version: number): Promise<boolean> {
  const { minDecryptionVersion } = await stack.cipher.keyVersions()
  return minDecryptionVersion === version
}

describe('a rotation', () => {
  test('moves every secret to the new version and ends the old one', async () => {
    const old = await opened()
    const rotation = await stack.start({ settleMs: 0 })
    const outcome = await rotation.result()
    const version = await stack.cipher.keyVersion()
    expect(outcome).toMatchObject({ outcome: 'done', version })
    const now = await opened()
    expect(now.map(({ keyVersion }) => keyVersion)).toEqual(now.map(() => version))
    expect(now.map(({ plaintext }) => plaintext)).toEqual(old.map(({ plaintext }) => plaintext))
    const [id = ''] = secrets.connectionIds
    expect(now.map(({ plaintext }) => plaintext)).toContain(plaintextAt(id, 'refresh'))
    const context = { tenantId: secrets.team.tenantId, connectionId: id, field: 'access' }
    const stolen = { ciphertext: old[0]?.ciphertext ?? '', context }
    await expect(stack.cipher.decrypt([stolen])).rejects.toThrow('retired')
  })

  test('shows its progress as a query and as a card', async () => {
    const rotation = await stack.start({ settleMs: 0 })
    await rotation.result()
    const progress = await rotation.progress()
    expect(progress).toMatchObject({ phase: 'done', trouble: null, refused: 0 })
    expect(progress.left).toEqual(Object.fromEntries(REWRAP_PLACES.map(({ table }) => [table, 0])))
    expect(progress.rewrapped).toBeGreaterThanOrEqual(15)
    const card = await rotation.card()
    expect(card).toContain(`Key rotation · done · version ${progress.fromVersion} → `)
    expect(card).toContain('| connection_tokens | 0 |')
  })

  test('respects the size of a batch, and of a run', async () => {
    const rotation = await stack.start({
      ...{ settleMs: 0, rowsPerPage: 3, pagesPerActivity: 2, maxStepsPerRun: 3 },
    })
    expect(await rotation.result()).toMatchObject({ outcome: 'done' })
    expect(Math.max(...batches)).toBeLessThanOrEqual(3 * 3)
    const last = (await rotation.firstRun()).at(-1)
    expect(last?.workflowExecutionContinuedAsNewEventAttributes).toBeTruthy()
  })

  test('a second one is refused while the first runs', async () => {
    const rotation = await stack.start({ settleMs: 3_600_000 })
    await expect(stack.start()).rejects.toThrow('already started')
    await rotation.command('cancel')
    expect(await rotation.result()).toMatchObject({ outcome: 'cancelled' })
  })
})

describe('commands', () => {
  test('pause holds it, resume lets it go on', async () => {
    let release: (() => void) | undefined
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    before = () => held
    const rotation = await stack.start({ settleMs: 0 })
    await until(
      () => Promise.resolve(batches.length),
      (count) => count > 0,
    )
    expect(await rotation.command('pause')).toMatchObject({ paused: true })
    release?.()
    await until(rotation.progress, ({ rewrapped }) => rewrapped > 0)
    expect(await rotation.progress()).toMatchObject({ paused: true, phase: 'rewrapping' })
    await rotation.command('resume')
    expect(await rotation.result()).toMatchObject({ outcome: 'done' })
  })

  test('cancel leaves both versions readable, and a later run finishes it', async () => {
    const rotation = await stack.start({ settleMs: 3_600_000 })
    await until(rotation.progress, ({ phase }) => phase === 'settling')
    await rotation.handle.signal('cancel')
    const { version } = await rotation.result()
    expect(await isRetired(version ?? 0)).toBe(false)
    const again = await stack.start({ rotate: false, settleMs: 0 })
    expect(await again.result()).toMatchObject({ outcome: 'done', version })
    expect(await isRetired(version ?? 0)).toBe(true)
  })
})

describe('writes that are under way', () => {
  /** As a worker that encrypted before the rotation and commits after it. */
  async function lateWrite(word: string): Promise<() => Promise<void>> {
    const [connectionId = ''] = secrets.connectionIds
    const { tenantId } = secrets.team
    const context = { tenantId, connectionId, field: 'access' }
    const [sealed] = await stack.cipher.encrypt([{ plaintext: word, context }])
    return () =>
      stack.db.withTenant(tenantId, async (em) => {
        await em.execute(
          `update connection_tokens set ciphertext = ?, key_version = ?
           where connection_id = ? and kind = 'access'`,
          [sealed?.ciphertext, sealed?.keyVersion, connectionId],
        )
      })
  }

  test('sealed before the rotation, committed after a pass: the last pass finds it', async () => {
    const commit = await lateWrite('late')
    const rotation = await stack.start({ settleMs: 1_500 })
    await until(rotation.progress, ({ phase }) => phase === 'settling')
    await commit()
    const { version } = await rotation.result()
    const now = await opened()
    expect(now.map(({ plaintext }) => plaintext)).toContain('late')
    expect(now.map(({ keyVersion }) => keyVersion)).toEqual(now.map(() => version))
  })

  test('a newer ciphertext wins over a rewrap of the one before', async () => {
    before = async () => {
      before = undefined
      await (await lateWrite('newer'))()
    }
    const rotation = await stack.start({ settleMs: 0 })
    await rotation.result()
    expect((await opened()).map(({ plaintext }) => plaintext)).toContain('newer')
  })

  test('a row that lies about its version is found before the old one ends', async () => {
    const { tenantId } = secrets.team
    await stack.db.withTenant(tenantId, (em) =>
      em.execute('update connection_tokens set key_version = 1000'),
    )
    const rotation = await stack.start({ settleMs: 0 })
    const { version } = await rotation.result()
    const now = await opened()
    expect(now.map(({ keyVersion }) => keyVersion)).toEqual(now.map(() => version))
  })

  test('a row that somebody holds is left to the next pass', async () => {
    const { tenantId } = secrets.team
    const [connectionId] = secrets.connectionIds
    const rotation = await stack.db.withTenant(tenantId, async (em) => {
      const sql = 'select id from connection_tokens where connection_id = ? for update'
      await em.execute(sql, [connectionId])
      const begun = await stack.start({ settleMs: 200 })
      await until(begun.progress, ({ overtaken }) => overtaken >= 2)
      return begun
    })
    expect(await rotation.result()).toMatchObject({ outcome: 'done' })
  })
})

describe('a ciphertext that does not open in its row', () => {
  async function swap(): Promise<void> {
    const [one, other] = secrets.connectionIds
    await stack.db.withTenant(secrets.team.tenantId, (em) =>
      em.execute(
        `update connection_tokens t set ciphertext = o.ciphertext
         from connection_tokens o
         where t.connection_id = ? and o.connection_id = ? and t.kind = 'access'
           and o.kind = 'access'`,
        [one, other],
      ),
    )
  }

  test('stops the end of the old versions until a person decides', async () => {
    await swap()
    const rotation = await stack.start({ settleMs: 0 })
    const blocked = await until(rotation.progress, ({ phase }) => phase === 'blocked')
    expect(blocked).toMatchObject({ refused: 1, left: { connection_tokens: 1 } })
    expect(blocked.refusedIds).toHaveLength(1)
    await rotation.command('skipDamaged')
    expect(await rotation.result()).toMatchObject({ outcome: 'done' })
    await expect(opened()).rejects.toBeInstanceOf(CipherRefused)
    await stack.db.withTenant(secrets.team.tenantId, (em) =>
      em.execute('delete from connection_tokens'),
    )
  })
})

test('a row that comes with an ended version is opened again when a person says so', async () => {
  const { tenantId } = secrets.team
  const rotation = await stack.start({ settleMs: 0 })
  const old = (await opened()).map(({ id, ciphertext, keyVersion }) => ({
    ...{ id, ciphertext, keyVersion },
  }))
  await rotation.result()
  // As a backup that is restored.
  await stack.db.withTenant(tenantId, async (em) => {
    for (const { id, ciphertext, keyVersion } of old) {
      const values = [ciphertext, keyVersion, id]
      await em.execute(
        'update connection_tokens set ciphertext = ?, key_version = ? where id = ?',
        values,
      )
    }
  })
  await expect(opened()).rejects.toThrow('retired')
  const again = await stack.start({ rotate: false, reopen: true, settleMs: 0 })
  expect(await again.result()).toMatchObject({ outcome: 'done' })
  expect(await opened()).toHaveLength(old.length)
})
