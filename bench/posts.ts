import { randomUUID } from 'node:crypto'
import type { BenchAccount } from './accounts.ts'
import type { BenchStack } from './bench-stack.ts'

const INSERT = `
  with made as (
    insert into posts (id, tenant_id, content, status, scheduled_at, created_by)
    select id, ?, content, ?, ?, ? from jsonb_to_recordset(?::jsonb)
      as n(id uuid, content text, connection_id uuid)
    returning id
  ), target as (
    insert into post_targets (tenant_id, post_id, connection_id, platform, status)
    select ?, n.id, n.connection_id, 'mastodon', ?
    from jsonb_to_recordset(?::jsonb) as n(id uuid, connection_id uuid), made
    where made.id = n.id
  )
  insert into outbox (tenant_id, kind, aggregate_id) select ?, 'post_start', id from made`

/** Rows and outbox messages as the API writes them, in one transaction; the relay does the rest. */
export async function insertPosts(
  stack: BenchStack,
  accounts: readonly BenchAccount[],
  texts: readonly string[],
  dueAt: Date | null,
): Promise<string[]> {
  const { tenantId, userId } = stack
  const rows = texts.map((content, index) => ({
    id: randomUUID(),
    content,
    connection_id: accounts[index % accounts.length]?.connectionId,
  }))
  const json = JSON.stringify(rows)
  const [post, target] = dueAt === null ? ['queued', 'queued'] : ['scheduled', 'pending']
  await stack.db.withTenant(tenantId, (em) =>
    em.execute(INSERT, [tenantId, post, dueAt, userId, json, tenantId, target, json, tenantId]),
  )
  return rows.map(({ id }) => id)
}

/** `accepted_at` is the sandbox's clock, which is this machine's. */
interface Accepted {
  text: string
  accepted_at: string
}

/** Instants (epoch ms) at which the sandbox accepted the posts of a series, once all are there. */
export async function acceptedInstants(
  { sandboxUrl }: BenchStack,
  series: string,
  count: number,
  timeoutMs: number,
): Promise<number[]> {
  const giveUpAt = Date.now() + timeoutMs
  for (;;) {
    const answer = await fetch(`${sandboxUrl}/_sandbox/posts?platform=mastodon&text=${series}`)
    const { data }: { data: Accepted[] } = JSON.parse(await answer.text())
    // A post that was published twice fails the bench: once comes before fast.
    if (data.length > count) throw new Error(`${data.length} posts of ${count} were accepted`)
    if (data.length === count) return data.map((post) => Date.parse(post.accepted_at))
    if (Date.now() > giveUpAt) throw new Error(`only ${data.length} of ${count} were accepted`)
    // Seldom, so that looking does not slow down what is measured.
    await new Promise((resolve) => setTimeout(resolve, 1_000))
  }
}
