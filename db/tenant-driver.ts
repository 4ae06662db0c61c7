import type { Configuration } from '@mikro-orm/core'
import { PostgreSqlConnection, PostgreSqlDriver } from '@mikro-orm/postgresql'
import { type Pool, SessionDriver } from './session-driver.ts'

/** MikroORM's PostgreSQL driver on Clarion's sessions (see SessionDriver for why). */
export class TenantDriver extends PostgreSqlDriver {
  protected override readonly connection: TenantConnection

  constructor(config: Configuration) {
    super(config)
    this.connection = new TenantConnection(config)
  }
}

class TenantConnection extends PostgreSqlConnection {
  override createKyselyDialect(overrides: Record<string, unknown>) {
    let made: Pool | undefined
    const dialect = super.createKyselyDialect({
      ...overrides,
      onPoolCreated: (pool: Pool) => {
        made = pool
      },
    })
    dialect.createDriver = () => {
      if (made === undefined) throw new Error('MikroORM made no pool.')
      return new SessionDriver(made)
    }
    return dialect
  }
}
