import type { RewrapPlace } from '../../db/repositories/rewrap-places.ts'
import {
  loadSecretRows,
  type RewrappedRow,
  type RowPlace,
  type SecretRow,
  storeRewrapped,
} from '../../db/repositories/rewrap-rows.ts'
import { CipherRefused } from '../../vault/cipher-errors.ts'
import {
  type CipherItem,
  keyVersionOf,
  type Sealed,
  type TokenCipher,
} from '../../vault/token-cipher.ts'
import type { KeyDeps } from './key-deps.ts'

export interface PageResult {
  rewrapped: number
  overtaken: number
  refusedIds: string[]
}

type Secret = NonNullable<SecretRow['secrets'][number]>

interface Loaded {
  tenantId: string
  row: SecretRow
}

/** Rewraps the rows of one page: one batch to the cipher, one transaction per tenant. */
export async function rewrapPage(
  deps: KeyDeps,
  place: RewrapPlace,
  version: number,
  found: readonly RowPlace[],
): Promise<PageResult> {
  const loaded = await load(deps, place, found)
  const isOld = ({ ciphertext }: Secret) => (keyVersionOf(ciphertext) ?? 0) < version
  const items = loaded.flatMap(({ tenantId, row }) =>
    secretsOf(row)
      .filter(isOld)
      .map((secret) => itemOf(tenantId, secret)),
  )
  // Outside of any transaction: a slow Vault must hold no lock that a refresh waits for.
  const sealed = await rewrapEach(deps.keys?.rewrap ?? deps.cipher, items)
  const result: PageResult = { rewrapped: 0, overtaken: 0, refusedIds: [] }
  const changes = new Map<string, RewrappedRow[]>()
  for (const { tenantId, row } of loaded) {
    const change = changeOf(row, version, (secret) => sealed.get(keyOf(tenantId, secret)))
    if (change === undefined) result.refusedIds.push(row.id)
    else changes.set(tenantId, [...(changes.get(tenantId) ?? []), change])
  }
  for (const [tenantId, rows] of changes) {
    const written = await deps.db.withTenant(tenantId, (em) => storeRewrapped(em, place, rows))
    const isRewrap = new Set(rows.filter(isChanged).map(({ id }) => id))
    result.rewrapped += written.filter((id) => isRewrap.has(id)).length
    result.overtaken += rows.length - written.length
  }
  return result
}

async function load(
  deps: KeyDeps,
  place: RewrapPlace,
  found: readonly RowPlace[],
): Promise<Loaded[]> {
  const byTenant = Map.groupBy(found, ({ tenantId }) => tenantId)
  const loaded: Loaded[] = []
  for (const [tenantId, places] of byTenant) {
    const ids = places.map(({ id }) => id)
    const rows = await deps.db.withTenant(tenantId, (em) => loadSecretRows(em, place, ids))
    loaded.push(...rows.map((row) => ({ tenantId, row })))
  }
  return loaded
}

/** One batch; an item that is refused is left out and the others are asked for again. */
async function rewrapEach(
  cipher: TokenCipher,
  items: readonly CipherItem[],
): Promise<Map<string, Sealed>> {
  const left = [...items]
  for (;;) {
    try {
      const sealed = await cipher.rewrap(left)
      return new Map(left.flatMap((item, at) => entryOf(item, sealed[at])))
    } catch (error) {
      if (!(error instanceof CipherRefused) || error.index === undefined) throw error
      left.splice(error.index, 1)
    }
  }
}

function entryOf({ context, ciphertext }: CipherItem, sealed: Sealed | undefined) {
  if (sealed === undefined) return []
  const { tenantId, connectionId: row, field } = context
  return [[keyOf(tenantId, { ciphertext, row, field }), sealed] as const]
}

/** Undefined when one of the row's old ciphertexts could not be rewrapped. */
function changeOf(
  row: SecretRow,
  version: number,
  sealedOf: (secret: Secret) => Sealed | undefined,
): RewrappedRow | undefined {
  const next = row.secrets.map((secret) => {
    if (secret === null) return null
    const keyVersion = keyVersionOf(secret.ciphertext) ?? 0
    if (keyVersion >= version) return { ciphertext: secret.ciphertext, keyVersion }
    return sealedOf(secret)
  })
  const sealed = next.filter((one) => one !== undefined)
  if (sealed.length < next.length) return undefined
  const versions = sealed.flatMap((one) => one?.keyVersion ?? [])
  return {
    id: row.id,
    old: row.secrets.map((secret) => secret?.ciphertext ?? null),
    new: sealed.map((one) => one?.ciphertext ?? null),
    // A row without a ciphertext has nothing older than this.
    keyVersion: versions.length === 0 ? version : Math.min(...versions),
  }
}

function isChanged({ old, new: fresh }: RewrappedRow): boolean {
  return old.some((ciphertext, at) => ciphertext !== fresh[at])
}

function secretsOf(row: SecretRow): Secret[] {
  return row.secrets.filter((secret) => secret !== null)
}

function itemOf(tenantId: string, { ciphertext, row, field }: Secret): CipherItem {
  return { ciphertext, context: { tenantId, connectionId: row, field } }
}

function keyOf(tenantId: string, { ciphertext, row, field }: Secret): string {
  return [tenantId, row, field, ciphertext].join('|')
}
