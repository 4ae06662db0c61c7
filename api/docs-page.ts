import { ERRORS } from '../domain/errors.ts'

/** What `type` of a problem leads to. */
export function renderErrors(): string {
  const rows = Object.entries(ERRORS).map(
    ([code, spec]) => `<tr id="${escapeHtml(code)}"><td><code>${escapeHtml(code)}</code></td>
<td>${spec.status}</td><td>${spec.retryable ? 'yes' : 'no'}</td>
<td>${escapeHtml(spec.title)}</td><td>${escapeHtml(spec.action)}</td></tr>`,
  )
  return page(
    'Clarion errors',
    `<h1>Errors</h1><table><thead><tr><th>code</th><th>status</th><th>retryable</th>
<th>meaning</th><th>what to do</th></tr></thead><tbody>${rows.join('\n')}</tbody></table>`,
  )
}

/** A small page without scripts. `title` is escaped here, `body` has to be HTML already. */
export function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>${STYLE}</style></head>
<body>${body}</body></html>
`
}

/** Text for HTML and for quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
}

const STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem;
  color: #1c2430; background: #fff }
nav a { display: block; text-decoration: none } h2 { margin-top: 2.5rem; font-size: 1.1rem }
b { color: #0a5bd3 } code, pre { font: 13px/1.5 ui-monospace, monospace }
pre { background: #f4f6f9; padding: 1rem; overflow: auto; max-height: 30rem }
table { border-collapse: collapse } td, th { text-align: left; padding: .3rem .8rem;
  border-bottom: 1px solid #dde3ea; vertical-align: top } :target { background: #fff6d6 }
@media (prefers-color-scheme: dark) { body { color: #d9e1ea; background: #12161c }
  pre { background: #1b212a } b { color: #6fb0ff } td, th { border-color: #2b3440 }
  :target { background: #3a3310 } }`
