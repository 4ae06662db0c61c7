import { dirname, join } from 'node:path/posix'
import type { ImportOf } from './parse-source.ts'
import { folderOf, isTest } from './project-files.ts'
import type { Source } from './sources.ts'

/** Folders each folder may import besides itself: the table of ARCHITECTURE.md. */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  config: ['domain'],
  vault: ['domain'],
  platforms: ['domain'],
  db: ['domain'],
  media: ['domain'],
  workflows: ['domain'],
  activities: ['domain', 'db', 'platforms', 'vault'],
  api: ['domain', 'config', 'db', 'media', 'vault'],
  worker: ['domain', 'config', 'db', 'media', 'vault', 'platforms', 'workflows', 'activities'],
  web: [],
  sandbox: [],
  deploy: ['domain', 'config', 'db', 'vault', 'workflows'],
}

/** Tools around the product: they may import all of it. */
const FREE = ['scripts', 'test', 'bench']

/** Single files open to a folder that may not import the rest of their folder. */
const DOORS: Readonly<Record<string, readonly string[]>> = {
  api: [
    'workflows/contract.ts',
    'workflows/search-attributes.ts',
    'workflows/start-options.ts',
    'platforms/registry.ts',
  ],
  web: ['api/contract/'],
  sandbox: ['domain/platforms.ts'],
}

/** Doors for `import type` alone. */
const TYPE_DOORS: Readonly<Record<string, readonly string[]>> = {
  workflows: ['activities/'],
}

/** Packages that one folder knows and others must not. The longest matching name counts. */
const PACKAGE_OWNERS: Readonly<Record<string, readonly string[]>> = {
  '@temporalio/': ['worker'],
  '@temporalio/workflow': ['workflows', 'worker'],
  '@temporalio/activity': ['activities', 'worker'],
  '@temporalio/client': ['worker', 'api/temporal.ts', 'deploy/health/worker.ts'],
  '@temporalio/common': [
    'worker',
    'api/temporal.ts',
    'workflows/search-attributes.ts',
    'workflows/start-options.ts',
  ],
  express: ['api', 'sandbox'],
  'node-vault': ['vault'],
  '@mikro-orm/': ['db'],
  '@aws-sdk/': ['media'],
}

const NO_PACKAGES = ['domain']
const TEST_DOORS = ['test/support/', 'scripts/tools/']

export interface Breach {
  path: string
  line: number
  words: string
}

/** Imports that the table does not allow. */
export function importBreaches(sources: readonly Source[]): Breach[] {
  return sources.flatMap((source) =>
    source.imports.flatMap((one) => {
      const words = breachOf(source.path, one)
      return words === undefined ? [] : [{ path: source.path, line: one.line, words }]
    }),
  )
}

export function breachOf(path: string, one: ImportOf): string | undefined {
  const folder = folderOf(path)
  if (FREE.includes(folder) || folder === '') return undefined
  const target = resolveImport(path, one.specifier)
  const isAllowed = target === undefined ? mayUsePackage(path, one) : mayUseFile(path, one, target)
  return isAllowed ? undefined : `${folder}/ may not import ${target ?? one.specifier}`
}

/** Path below the root, or undefined for a package. */
export function resolveImport(path: string, specifier: string): string | undefined {
  return specifier.startsWith('.') ? join(dirname(path), specifier) : undefined
}

function mayUseFile(path: string, one: ImportOf, target: string): boolean {
  const folder = folderOf(path)
  if (isTest(path) && TEST_DOORS.some((door) => target.startsWith(door))) return true
  if (isTest(target) && !isTest(path)) return false
  if (folderOf(target) === folder) return true
  if (MAY_IMPORT[folder]?.includes(folderOf(target))) return true
  const doors = one.isType
    ? [...(DOORS[folder] ?? []), ...(TYPE_DOORS[folder] ?? [])]
    : DOORS[folder]
  return doors?.some((door) => target.startsWith(door)) ?? false
}

function mayUsePackage(path: string, one: ImportOf): boolean {
  if (isTest(path)) return true
  if (NO_PACKAGES.includes(folderOf(path))) return false
  if (folderOf(path) === 'workflows' && one.specifier.startsWith('node:')) return false
  // A type of another folder's package crosses a border only on paper, but a Temporal type does
  // not belong in a folder that must not know Temporal.
  if (one.isType && !one.specifier.startsWith('@temporalio/')) return true
  const owned = Object.keys(PACKAGE_OWNERS)
    .filter((name) =>
      name.endsWith('/') ? one.specifier.startsWith(name) : one.specifier === name,
    )
    .sort((a, b) => b.length - a.length)[0]
  const owners = owned === undefined ? undefined : PACKAGE_OWNERS[owned]
  return owners === undefined || owners.some((owner) => isWithin(path, owner))
}

function isWithin(path: string, owner: string): boolean {
  return path === owner || path.startsWith(`${owner}/`)
}
