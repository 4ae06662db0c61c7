import { existsSync } from 'node:fs'
import type { Config } from '../../config/load-config.ts'
import { openDatabase } from '../../db/open-database.ts'
import { countVersions, type VersionCount } from '../../db/repositories/rewrap-counts.ts'
import { openCipher } from '../../vault/open-cipher.ts'
import { openKeyCiphers } from '../../vault/open-key-ciphers.ts'
import type { KeyVersions } from '../../vault/token-cipher.ts'

/** What the keys are at; `problem` says why it could not be read. */
export type KeyReport = { keys: KeyVersions } | { problem: string }

/** Asks the cipher itself; a key file that is not there is not made. */
export async function readKeys(config: Config, vaultAddr: string | undefined): Promise<KeyReport> {
  if (config.vault === undefined && vaultAddr !== undefined) {
    return { problem: 'set VAULT_TOKEN, or VAULT_ROTATE_ROLE_ID with its secret, to read it' }
  }
  if (config.vault === undefined && !existsSync(config.localKeyFile)) {
    return { problem: `there is no key file ${config.localKeyFile}` }
  }
  const settings = { ...config, production: false }
  const own = openCipher(settings)
  const ciphers = openKeyCiphers(settings, own)
  try {
    return { keys: await ciphers.rotate.keyVersions() }
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) }
  } finally {
    await Promise.all([ciphers.close(), own.close()])
  }
}

export async function readVersionCounts(config: Config): Promise<VersionCount[]> {
  const { url } = config.database
  const db = await openDatabase({ url, poolMax: 2, applicationName: 'clarion-keys' })
  try {
    return await db.asSystem(countVersions)
  } finally {
    await db.close()
  }
}

/** Rows that no key opens any more. */
export function endedRows(counts: readonly VersionCount[], report: KeyReport): number {
  if ('problem' in report) return 0
  const { minDecryptionVersion } = report.keys
  const ended = counts.filter(({ keyVersion }) => (keyVersion ?? Infinity) < minDecryptionVersion)
  return ended.reduce((sum, { rows }) => sum + rows, 0)
}

export function cipherLine(vaultAddr: string | undefined, report: KeyReport): string {
  const name = vaultAddr === undefined ? 'local cipher' : `Vault at ${vaultAddr}`
  if ('problem' in report) return `Keys      ${name}, versions unknown: ${report.problem}`
  const { latestVersion, minDecryptionVersion } = report.keys
  const ended = minDecryptionVersion > 1 ? `; before ${minDecryptionVersion} ended` : ''
  return `Keys      ${name}, newest version ${latestVersion}${ended}`
}

/** A line for each table, a column for each version. */
export function versionTable(counts: readonly VersionCount[]): string[] {
  const versions = [...new Set(counts.map(({ keyVersion }) => keyVersion))].sort(
    (a, b) => (a ?? 0) - (b ?? 0),
  )
  const tables = [...new Set(counts.map(({ table }) => table))]
  if (tables.length === 0) return ['Rows      none']
  const titles = versions.map((version) => (version === null ? 'unsaid' : `v${version}`))
  const rowsOf = (table: string) =>
    versions.map((version) => {
      const found = counts.find((one) => one.table === table && one.keyVersion === version)
      return String(found?.rows ?? 0)
    })
  return [['Rows', ...titles], ...tables.map((table) => [table, ...rowsOf(table)])].map(
    ([name = '', ...cells]) =>
      [name.padEnd(18), ...cells.map((cell) => cell.padStart(8))].join(' '),
  )
}
