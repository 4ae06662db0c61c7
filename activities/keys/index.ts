import { countOldRows } from '../../db/repositories/rewrap-counts.ts'
import type { KeyDeps } from './key-deps.ts'
import { reopenKeyVersions, retireKeyVersions } from './retireKeyVersions.ts'
import { rewrapPages } from './rewrapPages.ts'
import { readKeyVersions, rotateKeys } from './rotateKeys.ts'
import type { RetireInput, RewrapInput } from './types.ts'

export type KeyActivities = ReturnType<typeof makeKeyActivities>

/** The activities of `rotateKeysWorkflow`. */
export function makeKeyActivities(deps: KeyDeps) {
  return {
    readKeyVersions: () => readKeyVersions(deps),
    rotateKeys: (input: { above: number }) => rotateKeys(deps, input),
    rewrapPages: (input: RewrapInput) => rewrapPages(deps, input),
    /** By table: rows with something older than the version. */
    countOldRows: ({ version }: { version: number }) =>
      deps.db.asSystem((em) => countOldRows(em, version)),
    retireKeyVersions: (input: RetireInput) => retireKeyVersions(deps, input),
    reopenKeyVersions: () => reopenKeyVersions(deps),
  }
}
