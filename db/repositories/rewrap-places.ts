/** One column of ciphertext, and in SQL the context it was sealed under (`tokenContext`). */
export interface SecretColumn {
  column: string
  /** The context's row: the id that the writer gave to `tokenContext`. */
  row: string
  /** The context's field. */
  field: string
}

/** A table of ciphertexts; its `key_version` is the oldest of the row's columns. */
export interface RewrapPlace {
  table: string
  secrets: readonly SecretColumn[]
  /** A row without `key_version` may hold ciphertexts all the same, and has to be looked at. */
  mayLackVersion?: boolean
}

const APP = `'app:' || id`
const CONSENT = `'oauth:' || id`
const WEBHOOK = `'hook:' || id`

/**
 * Every place where ciphertexts are kept: what is not listed here is lost when old key versions end.
 * A new table is one entry; `clarion_system` needs select on its id, tenant_id and key_version.
 */
export const REWRAP_PLACES: readonly RewrapPlace[] = [
  place('connection_tokens', { ciphertext: ['connection_id::text', 'kind'] }),
  place('app_registrations', { client_secret_ciphertext: [APP, `'client_secret'`] }),
  place('platform_apps', {
    client_secret_ciphertext: [APP, `'client_secret'`],
    api_secret_ciphertext: [APP, `'api_secret'`],
  }),
  {
    ...place('oauth_sessions', {
      code_verifier_ciphertext: [CONSENT, `'code_verifier'`],
      secrets_ciphertext: [CONSENT, `'secrets'`],
      grant_ciphertext: [CONSENT, `'grant'`],
    }),
    mayLackVersion: true,
  },
  place('publish_checkpoints', { secrets_ciphertext: ['target_id::text', `'upload'`] }),
  place('webhook_endpoints', {
    secret_ciphertext: [WEBHOOK, `'secret'`],
    previous_secret_ciphertext: [WEBHOOK, `'secret'`],
  }),
]

/** Throws for a table that is not listed: its name goes into SQL. */
export function rewrapPlace(table: string): RewrapPlace {
  const found = REWRAP_PLACES.find((one) => one.table === table)
  if (found === undefined) throw new TypeError(`No ciphertexts are kept in ${table}`)
  return found
}

function place(table: string, columns: Readonly<Record<string, [string, string]>>): RewrapPlace {
  const secrets = Object.entries(columns).map(([column, [row, field]]) => ({ column, row, field }))
  return { table, secrets }
}
