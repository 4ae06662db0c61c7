import type { Account } from '../core/accounts.ts'
import { type Answer, html } from '../http/answer.ts'
import { escapeHtml } from '../http/html.ts'

/** What the page shows and sends back. */
export interface ConsentPage {
  platform: string
  appName: string
  scopes: readonly string[]
  accounts: readonly Account[]
  /** Where the form posts to. */
  action: string
  /** The authorization request, sent back unchanged with the decision. */
  request: URLSearchParams
}

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;background:#f4f5f7;color:#1c1e21;margin:0}
main{max-width:26rem;margin:8vh auto;background:#fff;border-radius:14px;padding:2rem;
box-shadow:0 2px 12px #0002}h1{font-size:1.2rem;margin:0 0 1rem}
label{display:block;padding:.5rem .7rem;border:1px solid #d8dbe0;border-radius:8px;margin:.4rem 0}
ul{color:#555;padding-left:1.2rem}button{font:inherit;padding:.6rem 1.4rem;border-radius:99px;
border:1px solid #1c1e21;background:#fff;cursor:pointer}button[value=allow]{background:#1c1e21;
color:#fff;margin-right:.6rem}small{color:#777}`

/** The page on which a person picks an account and allows or denies the app. */
export function consentPage(page: ConsentPage): Answer {
  return html(
    200,
    `${head(`Authorize on ${page.platform}`, STYLE)}<main>
<h1>${escapeHtml(page.appName)} wants to access your ${escapeHtml(page.platform)} account</h1>
<form method="post" action="${escapeHtml(page.action)}">${hiddenFields(page.request)}
${page.accounts.map(choice).join('\n')}
<p>It will be able to use:</p><ul>${page.scopes.map((one) => `<li>${escapeHtml(one)}</li>`).join('')}</ul>
<p><button name="sandbox_decision" value="allow">Allow</button>
<button name="sandbox_decision" value="deny">Deny</button></p></form>
<small>This is a stand-in of ${escapeHtml(page.platform)} for development.</small></main>`,
  )
}

/** The page shown where an authorization request is not one the platform redirects for. */
export function consentErrorPage(status: number, title: string, detail: string): Answer {
  return html(
    status,
    `${head(title, STYLE)}<main><h1>${escapeHtml(title)}</h1><p>${escapeHtml(detail)}</p></main>`,
  )
}

/** The authorization request, kept through the form. */
export function hiddenFields(request: URLSearchParams): string {
  return [...request]
    .map(
      ([name, value]) =>
        `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`,
    )
    .join('')
}

export function head(title: string, style: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title>
<style>${style}</style>`
}

function choice(account: Account, index: number): string {
  const checked = index === 0 ? ' checked' : ''
  return `<label><input type="radio" name="sandbox_account" value="${escapeHtml(account.handle)}"${checked}>
<b>${escapeHtml(account.display_name)}</b> @${escapeHtml(account.handle)}</label>`
}
