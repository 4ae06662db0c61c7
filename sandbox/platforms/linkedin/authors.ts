import { Refusal } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { accessDenied, apiError } from './errors.ts'
import type { LinkedinStore, LinkedinToken } from './store.ts'
import { authorize } from './tokens.ts'
import { assertRestli2, versionOf } from './versions.ts'

/** https://learn.microsoft.com/linkedin/marketing/community-management/shares/posts-api#permissions */
const WRITE_SCOPES = ['w_member_social', 'w_organization_social']
const WRITERS = ['ADMINISTRATOR', 'CONTENT_ADMINISTRATOR']
const AUTHOR = /^urn:li:(person|organization):([\w-]+)$/

export interface Author {
  urn: string
  /** Of the member or the organization. */
  id: string
  kind: 'person' | 'organization'
}

/** The token of a call that writes, whose version and protocol are checked first. */
export function authorizeWrite(store: LinkedinStore, req: ApiRequest, call: string): LinkedinToken {
  const version = versionOf(req)
  assertRestli2(req)
  return authorize(store, req, { anyOf: WRITE_SCOPES, method: `${call}.${version}01` })
}

/** In whose name a token may write; refuses 403, and 400 for a URN of something else. */
export function authorOf(store: LinkedinStore, token: LinkedinToken, urn: unknown): Author {
  const [, kind, id = ''] = AUTHOR.exec(String(urn)) ?? []
  const author = { urn: String(urn), id }
  if (kind === 'person') {
    const isSelf = id === token.account_id && token.scopes.includes('w_member_social')
    if (!isSelf) throw accessDenied('posts.CREATE')
    return { ...author, kind }
  }
  if (kind !== 'organization') {
    throw new Refusal(apiError(400, { code: 'INVALID_URN_TYPE', message: `Invalid urn: ${urn}` }))
  }
  const isMember = !token.scopes.includes('w_organization_social')
  if (isMember || !hasRole(store, token.account_id, id)) throw notAsOrganization()
  return { ...author, kind }
}

export function hasRole(store: LinkedinStore, accountId: string, organization: string): boolean {
  const row = store.roles.get(`${accountId} ${organization}`)
  return row?.state === 'APPROVED' && WRITERS.includes(row.role)
}

/** Reading is for organizations: r_member_social is closed. */
export function authorizeRead(store: LinkedinStore, req: ApiRequest, call: string) {
  const method = `${call}.${versionOf(req)}01`
  assertRestli2(req)
  const token = authorize(store, req, { anyOf: ['r_organization_social'], method })
  return (author: string): void => {
    const [, kind, id = ''] = AUTHOR.exec(author) ?? []
    if (kind !== 'organization' || !hasRole(store, token.account_id, id)) throw accessDenied(method)
  }
}

/** A URN in a path; a raw colon there is no Rest.li. */
export function pathUrn(req: ApiRequest, name = 'urn'): string {
  const urn = req.params[name] ?? ''
  if (urn.startsWith('urn:li:') && !req.path.includes('urn:')) return urn
  const message = `Syntax exception in path variables: ${urn} must be a percent-encoded URN`
  throw new Refusal(apiError(400, { code: 'ILLEGAL_ARGUMENT', message }))
}

function notAsOrganization(): Refusal {
  const message =
    'Organization permissions must be used when using organization as author, and the member must have a role in it'
  return new Refusal(apiError(403, { serviceErrorCode: 100, message }))
}
