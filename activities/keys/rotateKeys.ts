import type { KeyDeps } from './key-deps.ts'
import type { KeyVersions } from './types.ts'

/** What the keys are at; by the login that rotates. */
export function readKeyVersions(deps: KeyDeps): Promise<KeyVersions> {
  return rotator(deps).keyVersions()
}

/**
 * Makes a version newer than `above`, unless an earlier execution of this activity already has: a
 * lost answer does not make a second one.
 */
export async function rotateKeys(
  deps: KeyDeps,
  { above }: { above: number },
): Promise<{ version: number }> {
  const { latestVersion } = await readKeyVersions(deps)
  if (latestVersion > above) return { version: latestVersion }
  const version = await rotator(deps).rotate()
  deps.log.info({ version }, 'made a new key version')
  return { version }
}

export function rotator(deps: KeyDeps) {
  return deps.keys?.rotate ?? deps.cipher
}
