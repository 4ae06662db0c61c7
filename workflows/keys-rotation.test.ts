import { describe, expect, test } from '@jest/globals'
import type { RewrapResult } from '../activities/keys/types.ts'
import type { RotateKeysInput } from './keys-contract.ts'
import { KeyRotation } from './keys-rotation.ts'

const TABLES = { connection_tokens: 5, platform_apps: 1 }
const NONE = { connection_tokens: 0, platform_apps: 0 }
const EMPTY: RewrapResult = {
  after: null,
  pages: 1,
  rewrapped: 0,
  overtaken: 0,
  refused: 0,
  refusedIds: [],
}
const VERSIONS = { latestVersion: 1, minDecryptionVersion: 1 }

/** A rotation whose new version was made at `nowMs` 1,000; quiet time 100 ms. */
function rotated(input: RotateKeysInput = {}): KeyRotation {
  const rotation = new KeyRotation({ settleMs: 100, ...input }, 0)
  rotation.begun(VERSIONS)
  rotation.rotated(2, { ...TABLES }, 1_000)
  return rotation
}

/** A whole pass in which the first table had this. */
function pass(rotation: KeyRotation, found: Partial<RewrapResult>, nowMs: number): void {
  rotation.rewrapped({ ...EMPTY, ...found }, nowMs)
  rotation.rewrapped(EMPTY, nowMs)
  expect(rotation.table).toBeUndefined()
  rotation.endPass(NONE)
}

describe('when old versions may end', () => {
  test('not after the first pass, though it found nothing: writes may be under way', () => {
    const rotation = rotated()
    pass(rotation, {}, 1_010)
    expect(rotation.state.phase).toBe('settling')
    expect(rotation.settledAt).toBe(1_100)
  })

  test('after a pass that began when it was quiet, and found nothing', () => {
    const rotation = rotated()
    pass(rotation, {}, 1_010)
    rotation.startPass(1_100)
    pass(rotation, {}, 1_110)
    expect(rotation.state.phase).toBe('retiring')
  })

  test.each([['rewrapped'], ['overtaken']])(
    'not while rows are %s: the quiet begins anew',
    (what) => {
      const rotation = rotated()
      pass(rotation, {}, 1_010)
      rotation.startPass(1_100)
      pass(rotation, { [what]: 1 }, 1_150)
      expect(rotation.state.phase).toBe('settling')
      expect(rotation.settledAt).toBe(1_250)
    },
  )

  test('not while a row opens under no version, until a person says so', () => {
    const rotation = rotated({ settleMs: 0 })
    pass(rotation, { refused: 1, refusedIds: ['a'] }, 1_010)
    expect(rotation.state).toMatchObject({ phase: 'blocked', refusedIds: ['a'] })
    rotation.command('skipDamaged')
    rotation.startPass(1_020)
    pass(rotation, { refused: 1, refusedIds: ['a'] }, 1_030)
    expect(rotation.state.phase).toBe('retiring')
  })

  test('rows that came late send it back, and too many passes end it', () => {
    const rotation = rotated({ settleMs: 0, maxPasses: 2 })
    pass(rotation, {}, 1_010)
    rotation.retired({ retired: false, left: { connection_tokens: 1 } }, 1_020)
    expect(rotation.state).toMatchObject({ phase: 'rewrapping', pass: 2, place: 0 })
    rotation.retired({ retired: false, left: { connection_tokens: 1 } }, 1_030)
    expect(rotation.outcome()).toMatchObject({ outcome: 'incomplete' })
    expect(rotation.progress().advice).toContain('restart every API and worker')
  })
})

test('a cancel is final, unless the versions had ended by then', () => {
  const rotation = rotated()
  rotation.command('cancel')
  rotation.retired({ retired: false, left: TABLES }, 1_010)
  expect(rotation.outcome().outcome).toBe('cancelled')
  rotation.retired({ retired: true, left: NONE }, 1_020)
  expect(rotation.outcome().outcome).toBe('done')
})

test('goes on where the run before stopped', () => {
  const first = rotated()
  first.rewrapped({ ...EMPTY, after: { tenantId: 't', id: 'i' }, rewrapped: 2 }, 1_010)
  const state = JSON.parse(JSON.stringify(first.state))
  const second = new KeyRotation({ settleMs: 100, state }, 9_999)
  expect(second.table).toBe('connection_tokens')
  expect(second.state).toMatchObject({ after: { id: 'i' }, startedAt: 0, rewrapped: 2 })
  expect(second.state.left).toEqual({ connection_tokens: 3, platform_apps: 1 })
})

test('waits longer after each trouble, up to a minute', () => {
  const rotation = rotated()
  const waits = Array.from({ length: 8 }, () => {
    rotation.troubled('vault_unavailable', 'sealed', 1)
    return rotation.backoffMs
  })
  expect(waits).toEqual([2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000])
  expect(rotation.progress().advice).toContain('bring Vault back')
})
