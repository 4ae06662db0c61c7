import type { Account } from '../../core/accounts.ts'
import { Refusal } from '../../http/answer.ts'
import { consentErrorPage } from '../../oauth/consent-page.ts'
import { allowsRedirect } from '../../oauth/redirect-uri.ts'
import type { MetaApp, MetaStore } from './store.ts'

/** What one family's login dialog lets through. */
export interface DialogRules {
  /** As the dialog calls itself. */
  title: string
  scopes: ReadonlySet<string>
  /** Scope that every request has to name, and that cannot be unticked. */
  basicScope?: string
}

/** A checked authorization request. */
export interface Asked {
  app: MetaApp
  redirectUri: string
  scopes: string[]
  state: string | null
}

/** Meta shows a page for a malformed request and never redirects to an unproven address. */
export function readAsked(store: MetaStore, rules: DialogRules, query: URLSearchParams): Asked {
  const app = store.apps.get(query.get('client_id') ?? '')
  if (app === undefined) throw wrong('Invalid App ID: the provided app ID does not look valid.')
  const redirectUri = query.get('redirect_uri') ?? ''
  if (!allowsRedirect(app.redirect_uris, redirectUri)) {
    throw wrong('URL blocked: this redirect_uri is not whitelisted in the app’s settings.')
  }
  const type = query.get('response_type')
  if (type !== 'code') throw wrong(`Unsupported response_type: ${type}.`)
  const scopes = readScopes(rules, query.get('scope') ?? '')
  return { app, redirectUri, scopes, state: query.get('state') }
}

/** Comma-separated; a space makes an unknown name of two known ones. */
function readScopes(rules: DialogRules, text: string): string[] {
  const scopes = [...new Set(text.split(',').map((one) => one.trim()))].filter((one) => one !== '')
  const unknown = scopes.filter((one) => !rules.scopes.has(one))
  if (unknown.length > 0) throw wrong(`Invalid Scopes: ${unknown.join(', ')}.`)
  if (rules.basicScope !== undefined && !scopes.includes(rules.basicScope)) {
    throw wrong(`Invalid Scopes: ${rules.basicScope} is required.`)
  }
  return scopes
}

/** Who logs in. */
export function personOf(store: MetaStore, form: URLSearchParams): Account {
  const person = store.state.accounts.byHandle(store.platform, form.get('sandbox_account') ?? '')
  if (person !== undefined) return person
  throw wrong('No such account; name one in sandbox_account.')
}

/** A list of the form, comma-separated or repeated; undefined when the person left it alone. */
export function listOf(form: URLSearchParams, name: string): string[] | undefined {
  const sent = form.getAll(name)
  if (sent.length === 0) return undefined
  return sent.flatMap((one) => one.split(',')).filter((one) => one !== '')
}

/** The scopes that the person leaves ticked. */
export function tickedOf(
  rules: DialogRules,
  form: URLSearchParams,
  shown: readonly string[],
): string[] {
  const ticked = listOf(form, 'sandbox_scopes')
  if (ticked === undefined) return [...shown]
  return shown.filter((one) => one === rules.basicScope || ticked.includes(one))
}

/** Ends the dialog with a page. */
export function wrong(detail: string): Refusal {
  return new Refusal(consentErrorPage(400, 'Sorry, something went wrong', detail))
}
