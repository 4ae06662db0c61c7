import { askBroker } from './ask-broker.ts'

export interface DatabaseServer {
  host: string
  port: number
  user: string
  password: string
  /** The superuser's URL of the maintenance database. */
  url: string
  /** The URL of another database, and another role, on the same server. */
  urlOf(database: string, user?: string, password?: string): string
}

/** The run's PostgreSQL, shared by all files: make a database of your own in it. */
export async function databaseServer(): Promise<DatabaseServer> {
  const field = await askBroker('/postgres')
  return describeDatabaseServer(field('url'))
}

export function describeDatabaseServer(url: string): DatabaseServer {
  const parsed = new URL(url)
  return {
    host: parsed.hostname,
    port: Number(parsed.port || 5432),
    user: decodeURIComponent(parsed.username),
    password: decodeURIComponent(parsed.password),
    url,
    urlOf(database, user, password) {
      const other = new URL(url)
      other.pathname = `/${database}`
      if (user !== undefined) other.username = encodeURIComponent(user)
      if (password !== undefined) other.password = encodeURIComponent(password)
      return other.href
    },
  }
}
