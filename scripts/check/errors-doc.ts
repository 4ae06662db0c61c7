import { ERRORS } from '../../domain/errors.ts'
import { markdownTable } from './markdown-table.ts'

const HEAD = `# Errors

Every refusal is a problem document (RFC 9457, \`application/problem+json\`) with a stable \`code\`.
Retryable means: the same request, unchanged, may succeed later. This page is made from
\`domain/errors.ts\` by \`npm run check -- --write\`; a test holds the two equal.
`

/** Text of docs/errors.md. */
export function renderErrorsDoc(): string {
  const statuses = [...new Set(Object.values(ERRORS).map(({ status }) => status))].sort()
  return [HEAD, ...statuses.map(section)].join('\n')
}

function section(status: number): string {
  const rows = Object.entries(ERRORS)
    .filter(([, error]) => error.status === status)
    .map(([code, { retryable, title, action }]) => {
      const anchor = `<a id="${code}"></a>\`${code}\``
      return [anchor, title, action, retryable ? 'yes' : 'no']
    })
  return `## ${status}\n\n${markdownTable(['code', 'meaning', 'what to do', 'retryable'], rows)}\n`
}
