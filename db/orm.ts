import { DefaultLogger, type LogContext, type LoggerNamespace } from '@mikro-orm/core'
import { MikroORM } from '@mikro-orm/postgresql'
import { ENTITIES } from './entities/index.ts'
import { TenantDriver } from './tenant-driver.ts'

/** One pool for one role. */
export interface OrmOptions {
  url: string
  poolMax: number
  applicationName: string
  /** How long a caller waits for a session, ms. */
  connectTimeoutMs: number
  /** Told of lost idle sessions; nothing is printed without it. */
  onWarning?: (message: string) => void
}

/** Connects at the first use; `openDatabase` is what checks the session's rights. */
export function makeOrm(options: OrmOptions): MikroORM {
  return new MikroORM({
    driver: TenantDriver,
    entities: [...ENTITIES],
    clientUrl: options.url,
    driverOptions: {
      // pg reads sslmode and the session options from the URL itself.
      connectionString: options.url,
      application_name: options.applicationName,
      max: options.poolMax,
      connectionTimeoutMillis: options.connectTimeoutMs,
      keepAlive: true,
    },
    debug: ['info'],
    colors: false,
    logger: options.onWarning ?? ignore,
    loggerFactory: (settings) => new WarningLogger(settings),
  })
}

/** MikroORM greets with its version at each start, on the channel that tells of lost sessions. */
class WarningLogger extends DefaultLogger {
  override log(namespace: LoggerNamespace, message: string, context?: LogContext): void {
    if (context?.level === 'warning' || context?.level === 'error') {
      super.log(namespace, message, context)
    }
  }
}

/** The URL with `-c role=…` as session default, so that not even RESET ROLE leaves the role. */
export function asRole(url: string, role: string): string {
  const parsed = new URL(url)
  const before = parsed.searchParams.get('options')
  parsed.searchParams.set('options', `${before ?? ''} -c role=${role}`.trim())
  return parsed.toString()
}

function ignore(): void {
  // MikroORM prints to the console unless it is given a logger.
}
