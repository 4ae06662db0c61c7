import { findVaultBinary } from '../../scripts/tools/binaries.ts'
import { startBroker } from './broker.ts'

/** jest's globalSetup; workers inherit the variables. */
export default async function globalSetup(): Promise<void> {
  const broker = await startBroker()
  process.env.CLARION_TEST_BROKER = broker.url
  // Known before the files are read, because a describe block is skipped or not at that time.
  const program = await findVaultBinary()
  process.env.CLARION_TEST_VAULT_PROGRAM = program?.path ?? ''
  if (process.env.VAULT_ADDR || program !== undefined) return
  process.env.CLARION_TEST_VAULT_MISSING =
    'There is no Vault: set VAULT_ADDR, install vault, or run npm test once on a machine with Go.'
}
