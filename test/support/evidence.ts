import { MikroORM } from '@mikro-orm/postgresql'
import { Client, Connection } from '@temporalio/client'
import { temporal } from '@temporalio/proto'

/** Statements as the superuser, who sees every tenant's rows. */
export interface Inspector {
  query<T extends object>(sql: string, values?: unknown[]): Promise<T[]>
  /** Every row of every table, as JSON text. */
  dump(): Promise<string>
  close(): Promise<void>
}

export function inspectDatabase(url: string): Inspector {
  const orm = new MikroORM({
    entities: [],
    discovery: { warnWhenNoEntities: false },
    clientUrl: url,
    driverOptions: { connectionString: url, max: 2 },
  })
  const query = async <T extends object>(sql: string, values: unknown[] = []): Promise<T[]> =>
    orm.em.getConnection().execute(sql, values)
  return {
    query,
    dump: async () => {
      const tables = await query<{ name: string }>(
        `select quote_ident(table_name) as name from information_schema.tables
         where table_schema = 'public' and table_type = 'BASE TABLE'`,
      )
      const parts = await Promise.all(
        tables.map(async ({ name }) => {
          const rows = await query<{ row: string }>(
            `select to_jsonb(t)::text as row from ${name} t`,
          )
          return [name, ...rows.map(({ row }) => row)].join('\n')
        }),
      )
      return parts.join('\n\n')
    },
    close: () => orm.close(true),
  }
}

const { History } = temporal.api.history.v1
const AS_TEXT = { longs: String, enums: String, bytes: String }

/** What Temporal keeps of one namespace. */
export interface Histories {
  client: Client
  ids(): Promise<string[]>
  /**
   * Every event of the workflow's latest run as JSON text. Payloads are base64, where a search finds
   * nothing: they follow decoded.
   */
  text(workflowId: string): Promise<string>
  close(): Promise<void>
}

export async function inspectTemporal(place: {
  address: string
  namespace: string
}): Promise<Histories> {
  const connection = await Connection.connect({ address: place.address })
  const client = new Client({ connection, namespace: place.namespace })
  return {
    client,
    ids: async () => {
      const found: string[] = []
      for await (const { workflowId } of client.workflow.list()) found.push(workflowId)
      return [...new Set(found)]
    },
    text: async (workflowId) => {
      const history = await client.workflow.getHandle(workflowId).fetchHistory()
      const plain = History.toObject(History.fromObject(history), AS_TEXT)
      return withDecodedPayloads(JSON.stringify(plain))
    },
    close: () => connection.close(),
  }
}

function withDecodedPayloads(json: string): string {
  const decoded = [...json.matchAll(/"data":"([A-Za-z0-9+/=]+)"/g)].map(([, data = '']) =>
    Buffer.from(data, 'base64').toString('utf8'),
  )
  return [json, ...decoded].join('\n')
}
