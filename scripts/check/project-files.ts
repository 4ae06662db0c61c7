import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'

export const ROOT = join(import.meta.dirname, '..', '..')

const SKIPPED_FOLDERS = ['node_modules', '.git', '.clarion', 'coverage']

/** Paths below the root with `/`, sorted; installed, generated and hidden folders left out. */
export function projectFiles(root: string = ROOT): string[] {
  return walk(root)
    .map((path) => relative(root, path).split(sep).join('/'))
    .sort()
}

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (SKIPPED_FOLDERS.includes(entry.name)) return []
    const path = join(folder, entry.name)
    return entry.isDirectory() ? walk(path) : [path]
  })
}

export function readProjectFile(path: string, root: string = ROOT): string {
  return readFileSync(join(root, path), 'utf8')
}

export function isSource(path: string): boolean {
  return path.endsWith('.ts') && !path.endsWith('.d.ts')
}

/** Test code may reach for test/support and scripts/tools; product code may not import it. */
export function isTest(path: string): boolean {
  const isSupport = path.includes('/testing/') || path === 'vault/cipher-contract.ts'
  return path.startsWith('test/') || path.endsWith('.test.ts') || isSupport
}

export function folderOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.indexOf('/')) : ''
}
