import type { Logger } from 'pino'
import type { Config } from '../config/load-config.ts'
import type { Database } from '../db/open-database.ts'
import type { Media } from '../media/open-media.ts'
import type { Registry } from '../platforms/registry.ts'
import type { TokenCipher } from '../vault/token-cipher.ts'
import type { Scope } from './policies/scopes.ts'
import type { Temporal } from './temporal.ts'

/** Everything the API needs from outside; `makeApp(deps)` has no other inputs. */
export interface Deps {
  /** Of the configuration only what requests need: no URL of the database, no Vault login. */
  config: Pick<Config, 'http' | 'oauth' | 'apps' | 'nodeEnv'>
  db: Database
  cipher: TokenCipher
  registry: Registry
  media: Media
  temporal: Temporal
  log: Logger
  /** Epoch ms; tests may set the clock. */
  now(): number
}

/** Who calls: one API key of one user of one tenant. */
export interface Actor {
  tenantId: string
  userId: string
  /** Id of the key; in audit rows and log lines, the key itself never is. */
  keyId: string
  /** Effective scopes: the key's, cut down to the role its user has today. */
  scopes: readonly Scope[]
}
