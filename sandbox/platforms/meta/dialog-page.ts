import type { Account } from '../../core/accounts.ts'
import { type Answer, html } from '../../http/answer.ts'
import { escapeHtml } from '../../http/html.ts'
import { head, hiddenFields } from '../../oauth/consent-page.ts'

/** What a login dialog shows and sends back. */
export interface DialogPage {
  title: string
  appName: string
  /** Ticked at first; locked ones cannot be unticked. */
  scopes: readonly { name: string; isLocked: boolean }[]
  people: readonly { account: Account; pages: readonly { id: string; name: string }[] }[]
  /** Where the form posts to. */
  action: string
  /** The authorization request, sent back unchanged with the decision. */
  request: URLSearchParams
}

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;background:#f0f2f5;color:#1c1e21;margin:0}
main{max-width:28rem;margin:6vh auto;background:#fff;border-radius:14px;padding:2rem;
box-shadow:0 2px 12px #0002}h1{font-size:1.2rem;margin:0 0 1rem}
fieldset{border:1px solid #d8dbe0;border-radius:8px;margin:.6rem 0}label{display:block}
label.page{margin-left:1.6rem;color:#555}button{font:inherit;padding:.6rem 1.4rem;
border-radius:8px;border:1px solid #ccd0d5;background:#fff;cursor:pointer;margin-right:.6rem}
button[value=allow]{background:#0866ff;border-color:#0866ff;color:#fff}small{color:#777}`

/** The page on which a person logs in, unticks permissions and picks Pages. */
export function dialogPage(page: DialogPage): Answer {
  const title = escapeHtml(page.title)
  const hasPages = page.people.some((one) => one.pages.length > 0)
  return html(
    200,
    `${head(`Log in with ${page.title}`, STYLE)}<main>
<h1>${escapeHtml(page.appName)} wants to use your ${title} account</h1>
<form method="post" action="${escapeHtml(page.action)}">${hiddenFields(page.request)}
<fieldset><legend>Continue as</legend>${page.people.map(person).join('\n')}</fieldset>
${hasPages ? unticked('sandbox_pages') : ''}
<fieldset><legend>Permissions</legend>${unticked('sandbox_scopes')}
${page.scopes.map(permission).join('\n')}</fieldset>
<button name="sandbox_decision" value="allow">Continue</button>
<button name="sandbox_decision" value="deny">Cancel</button></form>
<small>This is a stand-in of ${title} for development.</small></main>`,
  )
}

/** Browsers send nothing for unticked boxes: an empty entry tells none from all. */
function unticked(name: string): string {
  return `<input type="hidden" name="${name}" value="">`
}

function person({ account, pages }: DialogPage['people'][number], index: number): string {
  const checked = index === 0 ? ' checked' : ''
  const boxes = pages.map(
    ({ id, name }) => `<label class="page"><input type="checkbox" name="sandbox_pages"
 value="${escapeHtml(id)}" checked> ${escapeHtml(name)}</label>`,
  )
  return `<label><input type="radio" name="sandbox_account" value="${escapeHtml(account.handle)}"${checked}>
<b>${escapeHtml(account.display_name)}</b></label>${boxes.join('')}`
}

function permission({ name, isLocked }: DialogPage['scopes'][number]): string {
  const locked = isLocked ? ' disabled' : ''
  return `<label><input type="checkbox" name="sandbox_scopes" value="${escapeHtml(name)}" checked${locked}>
${escapeHtml(name)}</label>`
}
