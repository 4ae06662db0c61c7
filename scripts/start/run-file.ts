import { chmodSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** `.clarion/run.json`: what scripts need to know of a running Clarion. */
export interface RunFile {
  api_url: string
  console_url: string | null
  sandbox_url: string
  temporal_address: string
  temporal_ui_url: string | null
  /** The role that sees every tenant's rows, for inspection. */
  database_url: string
  vault_addr: string | null
  tenant_id: string
  api_key: string
  pid: number
}

/** Readable by its owner alone: it holds the key and the database's password. */
export function writeRunFile(home: string, run: RunFile): void {
  const path = join(home, 'run.json')
  writeFileSync(path, `${JSON.stringify(run, null, 2)}\n`, { mode: 0o600 })
  chmodSync(path, 0o600)
}

/** Scripts wait for the file: one of an earlier run must not greet them. */
export function forgetRunFile(home: string): void {
  rmSync(join(home, 'run.json'), { force: true })
}
