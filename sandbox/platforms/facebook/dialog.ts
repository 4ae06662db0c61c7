import type { Account } from '../../core/accounts.ts'
import type { Answer } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { sendBack } from '../../oauth/redirect-uri.ts'
import { issueCode } from '../meta/codes.ts'
import {
  type Asked,
  type DialogRules,
  listOf,
  personOf,
  readAsked,
  tickedOf,
  wrong,
} from '../meta/dialog.ts'
import { dialogPage } from '../meta/dialog-page.ts'
import { grantKey, type MetaGrant } from '../meta/store.ts'
import type { Facebook } from './facebook-store.ts'
import { rolesOf } from './world.ts'

/** https://developers.facebook.com/docs/permissions */
const SCOPES = new Set(
  `public_profile email pages_show_list pages_manage_posts pages_read_engagement
  pages_read_user_content pages_manage_engagement pages_manage_metadata pages_messaging
  pages_manage_ads read_insights business_management instagram_basic instagram_content_publish
  instagram_manage_comments instagram_manage_insights instagram_manage_messages
  instagram_manage_contents`.split(/\s+/),
)
/** Always granted. */
const PROFILE = 'public_profile'
const CODE_LIFETIME_MS = 10 * 60_000
const FRAGMENT = '#_=_'
const RULES: DialogRules = { title: 'Facebook', scopes: SCOPES }

/** GET /dialog/oauth: the login dialog, or the redirect when the query already decides. */
export function showDialog(facebook: Facebook, req: ApiRequest): Answer {
  const { store, world } = facebook
  const asked = readAsked(store, RULES, req.query)
  if (req.query.has('sandbox_decision')) return decide(facebook, req, asked, req.query)
  const people = store.state.accounts.list('facebook').map((account) => ({
    account,
    pages: rolesOf(world, account.account_id).flatMap(
      (role) => world.pages.get(role.page_id) ?? [],
    ),
  }))
  return dialogPage({
    title: RULES.title,
    appName: asked.app.name,
    scopes: asked.scopes.map((name) => ({ name, isLocked: name === PROFILE })),
    people,
    action: '/facebook/_consent',
    request: req.query,
  })
}

/** POST /_consent: the form of the dialog. */
export function answerDialog(facebook: Facebook, req: ApiRequest): Answer {
  const form = new URLSearchParams(req.raw.toString('utf8'))
  return decide(facebook, req, readAsked(facebook.store, RULES, form), form)
}

function decide(facebook: Facebook, req: ApiRequest, asked: Asked, form: URLSearchParams): Answer {
  const { store } = facebook
  if (form.get('sandbox_decision') !== 'allow') {
    const denied = {
      error: 'access_denied',
      error_code: '200',
      error_description: 'Permissions error',
      error_reason: 'user_denied',
    }
    return sendBack(asked.redirectUri, { ...denied, state: asked.state }, FRAGMENT)
  }
  const person = personOf(store, form)
  const owner = { client_id: asked.app.client_id, account_id: person.account_id }
  const earlier = store.grants.get(grantKey(owner))
  const page_ids = pickedPages(facebook, person, form)
  store.grants.set(grantKey(owner), {
    ...mergeScopes(earlier, asked, form),
    page_ids,
    consented_at_ms: req.nowMs,
  })
  const use = { redirectUri: asked.redirectUri, lifetimeMs: CODE_LIFETIME_MS, nowMs: req.nowMs }
  const answer = { code: issueCode(store, owner, use), state: asked.state }
  return sendBack(asked.redirectUri, answer, FRAGMENT)
}

/** Permissions add up over logins; declined ones are shown again only for `rerequest`. */
function mergeScopes(
  earlier: MetaGrant | undefined,
  asked: Asked,
  form: URLSearchParams,
): Pick<MetaGrant, 'granted' | 'declined'> {
  const before = { granted: earlier?.granted ?? [], declined: earlier?.declined ?? [] }
  const isRerequest = form.get('auth_type') === 'rerequest'
  const shown = asked.scopes.filter((one) => isRerequest || !before.declined.includes(one))
  const ticked = tickedOf(RULES, form, shown)
  const unticked = shown.filter((one) => one !== PROFILE && !ticked.includes(one))
  const kept = before.granted.filter((one) => !unticked.includes(one))
  const granted = [...new Set([PROFILE, ...kept, ...ticked])]
  const declined = [...new Set([...before.declined, ...unticked])]
  return { granted, declined: declined.filter((one) => !granted.includes(one)) }
}

/** null = all. The form sends boxes of other people too; those do not count. */
function pickedPages({ world }: Facebook, person: Account, form: URLSearchParams): string[] | null {
  const picked = listOf(form, 'sandbox_pages')
  if (picked === undefined) return null
  const unknown = picked.filter((id) => !world.pages.has(id))
  if (unknown.length > 0) throw wrong(`No such Page in sandbox_pages: ${unknown.join(', ')}.`)
  const own = rolesOf(world, person.account_id).map((role) => role.page_id)
  return own.filter((id) => picked.includes(id))
}
