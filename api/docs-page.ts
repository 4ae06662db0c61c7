import { ERRORS } from '../domain/errors.ts'
import type { Operation } from './contract/operation.ts'

/** The reference as one page without scripts or foreign hosts, from the mounted operations. */
export function renderReference(operations: readonly Operation[], document: object): string {
  const paths: unknown = 'paths' in document ? document.paths : {}
  const body = operations.map((operation) => renderOperation(operation, paths)).join('\n')
  return page(
    'Clarion API reference',
    `<h1>Clarion API</h1>
<p>Machine-readable: <a href="/openapi.json">/openapi.json</a> (OpenAPI 3.1).
Errors: <a href="/docs/errors">/docs/errors</a>.</p>
<nav>${operations.map(renderLink).join('\n')}</nav>
${body}`,
  )
}

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

export function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>${STYLE}</style></head>
<body>${body}</body></html>
`
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
}

function renderLink(operation: Operation): string {
  return `<a href="#${operation.id}"><b>${operation.method.toUpperCase()}</b> ${escapeHtml(operation.path)}</a>`
}

function renderOperation(operation: Operation, paths: unknown): string {
  const described = lookup(lookup(paths, operation.path), operation.method)
  const access = operation.access === 'public' ? 'no key' : `key with ${operation.access}`
  const sections = ['parameters', 'requestBody', 'responses'].map((name) =>
    renderDetails(name, lookup(described, name)),
  )
  return `<section id="${operation.id}">
<h2><b>${operation.method.toUpperCase()}</b> ${escapeHtml(operation.path)}</h2>
<p>${escapeHtml(operation.summary)}. Needs: ${escapeHtml(access)}.</p>
<p>Errors: ${operation.errors.map((code) => `<a href="/docs/errors#${code}">${code}</a>`).join(', ')}</p>
${sections.join('')}
</section>`
}

function renderDetails(name: string, value: unknown): string {
  if (value === undefined) return ''
  const text = escapeHtml(JSON.stringify(value, null, 2))
  return `<details><summary>${name}</summary><pre>${text}</pre></details>`
}

function lookup(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  return new Map<string, unknown>(Object.entries(value)).get(key)
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
