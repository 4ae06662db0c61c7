import { beforeAll, describe, test } from '@jest/globals'
import { askBroker } from './ask-broker.ts'

export interface TestVault {
  /** Base URL. */
  address: string
  /** A root token: make your own mount, key and policies, for the server is shared. */
  token: string
}

/** The run's Vault dev server, or the one of VAULT_ADDR and VAULT_TOKEN. */
export async function vaultServer(): Promise<TestVault> {
  const field = await askBroker('/vault')
  return { address: field('address'), token: field('token') }
}

/**
 * A describe block that needs Vault. Where there is none it is skipped, and counted as skipped, with
 * the reason printed; in CI (`CI=true`) it fails. `vault()` works inside hooks and tests.
 */
export function describeWithVault(name: string, fn: (vault: () => TestVault) => void): void {
  const missing = process.env.CLARION_TEST_VAULT_MISSING
  if (!missing) {
    describeStarted(name, fn)
    return
  }
  if (process.env.CI === 'true') {
    test(`${name} needs Vault`, () => {
      throw new Error(missing)
    })
    return
  }
  process.stderr.write(`Skipped: ${name}. ${missing}\n`)
  describe.skip(name, () => fn(notStarted))
}

function describeStarted(name: string, fn: (vault: () => TestVault) => void): void {
  describe(name, () => {
    let started: TestVault | undefined
    beforeAll(async () => {
      started = await vaultServer()
    })
    fn(() => started ?? notStarted())
  })
}

function notStarted(): never {
  throw new Error('Vault is there only inside hooks and tests')
}
