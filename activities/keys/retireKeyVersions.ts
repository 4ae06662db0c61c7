import {
  correctKeyVersions,
  countOldRows,
  type OldRows,
  oldestKeyVersion,
  pageTenants,
} from '../../db/repositories/rewrap-counts.ts'
import { withHeart } from '../heart.ts'
import type { KeyDeps } from './key-deps.ts'
import { rotator } from './rotateKeys.ts'
import type { KeyVersions, RetireInput, RetireResult } from './types.ts'

const TENANTS_PER_PAGE = 200

/**
 * Ends the versions before `version` when no row needs them: looks into every tenant at the
 * ciphertexts themselves, not only at what the rows say of them. Looks again afterwards, and takes it
 * back should a row have come in between. Repeatable.
 */
export function retireKeyVersions(deps: KeyDeps, input: RetireInput): Promise<RetireResult> {
  return withHeart(async () => {
    const before = await countOlder(deps, input.version)
    if (total(before) > input.allowedLeft) {
      // An earlier execution may have died between the end and the second look.
      await takeBack(deps, input.version)
      return { retired: false, left: before }
    }
    await rotator(deps).setMinDecryptionVersion(input.version)
    const left = await countOlder(deps, input.version)
    if (total(left) > input.allowedLeft) {
      await takeBack(deps, input.version)
      return { retired: false, left }
    }
    deps.log.info({ version: input.version }, 'ended the older key versions')
    return { retired: true, left }
  })
}

/**
 * Allows what the oldest row needs, after a person said so: a row may have come with an old version
 * after that had ended (a process that slept for long, a backup that was restored).
 */
export function reopenKeyVersions(deps: KeyDeps): Promise<KeyVersions> {
  return withHeart(async () => {
    const { latestVersion, minDecryptionVersion } = await rotator(deps).keyVersions()
    await countOlder(deps, latestVersion)
    await takeBack(deps, minDecryptionVersion)
    return rotator(deps).keyVersions()
  })
}

/** Allows the versions that rows need again, should `minimum` have been set. */
async function takeBack(deps: KeyDeps, minimum: number): Promise<void> {
  const { minDecryptionVersion } = await rotator(deps).keyVersions()
  const oldest = await deps.db.asSystem(oldestKeyVersion)
  if (oldest === null || minDecryptionVersion < minimum || oldest >= minDecryptionVersion) return
  await rotator(deps).setMinDecryptionVersion(oldest)
  deps.log.warn({ version: oldest }, 'a row of an ended key version came late; allowed it again')
}

/** Rows that need a version before this, by what their ciphertexts say. */
async function countOlder(deps: KeyDeps, version: number): Promise<OldRows> {
  for (let after: string | null = null; ; ) {
    const last: string | null = after
    const tenants: string[] = await deps.db.asSystem((em) =>
      pageTenants(em, last, TENANTS_PER_PAGE),
    )
    for (const tenantId of tenants) {
      await deps.db.withTenant(tenantId, (em) => correctKeyVersions(em, version))
    }
    after = tenants.at(-1) ?? null
    if (after === null || tenants.length < TENANTS_PER_PAGE) break
  }
  return deps.db.asSystem((em) => countOldRows(em, version))
}

function total(rows: OldRows): number {
  return Object.values(rows).reduce((sum, count) => sum + count, 0)
}
