import type { ConnectionAnswer } from '../../api/contract/schemas/connections.ts'
import type { PostAnswer } from '../../api/contract/schemas/posts.ts'
import type { RunFile } from './run-file.ts'
import type { Style } from './screen.ts'
import type { DemoTenant } from './seed-demo.ts'

export interface Facts {
  run: RunFile
  demo: DemoTenant
  /** The demo's first post, if there is one. */
  post?: { id: string; workflowId: string }
  home: string
  cipher: string
}

/** What a person needs once everything runs. */
export function finalScreen(facts: Facts, style: Style): string[] {
  const { run, demo, post, home } = facts
  const rows: [string, string][] = [
    ['API', run.api_url],
    ['API reference', `${run.api_url}/docs`],
    ['Temporal UI', run.temporal_ui_url ?? `that of ${run.temporal_address}`],
    ['Sandbox timelines', run.sandbox_url],
    ...postRows(run, post),
    ['PostgreSQL', withoutPassword(run.database_url)],
    ['Secrets', facts.cipher],
    ['People', demo.users.map(({ email }) => email).join(', ')],
    ['Their password', demo.password],
    ['API key', run.api_key],
    ['Logs and data', `${home} (for scripts: run.json)`],
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  return [
    '',
    style.bold('Clarion is running'),
    '',
    ...rows.map(([name, value]) => `  ${style.dim(name.padEnd(width))}  ${value}`),
    '',
    `  ${style.dim('Try it:')} curl -H "Authorization: Bearer ${run.api_key}" ${run.api_url}/v1/posts`,
    '',
  ]
}

function postRows(run: RunFile, post: Facts['post']): [string, string][] {
  if (post === undefined) return []
  const workflow = workflowUrl(run.temporal_ui_url, post.workflowId)
  const rows: [string, string][] = [['The first post', `${run.api_url}/v1/posts/${post.id}`]]
  return workflow === undefined ? rows : [...rows, ['Its workflow', workflow]]
}

export function workflowUrl(uiUrl: string | null, workflowId: string): string | undefined {
  if (uiUrl === null) return undefined
  const namespace = process.env.TEMPORAL_NAMESPACE || 'default'
  return `${uiUrl}/namespaces/${namespace}/workflows/${encodeURIComponent(workflowId)}`
}

/** What was published where and when, one line a target. */
export function demoTable(
  posts: readonly PostAnswer[],
  connections: readonly ConnectionAnswer[],
): string[] {
  const head = ['platform', 'account', 'status', 'published at', 'late by', 'post id']
  const targets = posts.flatMap((post) => post.targets.map((target) => ({ post, target })))
  const rows = targets.map(({ post, target }) => {
    const connection = connections.find(({ id }) => id === target.connection_id)
    return [
      target.platform,
      connection?.account_handle ?? '',
      target.status,
      target.published_at ?? '-',
      lateness(post.scheduled_at, target.published_at),
      target.platform_post_id ?? target.failure_reason ?? '-',
    ]
  })
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)]
}

function lateness(dueAt: string | null, publishedAt: string | null): string {
  if (dueAt === null || publishedAt === null) return '-'
  return `${((Date.parse(publishedAt) - Date.parse(dueAt)) / 1000).toFixed(2)} s`
}

function withoutPassword(url: string): string {
  const shown = new URL(url)
  if (shown.password !== '') shown.password = '***'
  return `${shown.href} (with its password in run.json)`
}
