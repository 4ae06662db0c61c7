import { type Answer, json, Refusal } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { accessDenied, apiError } from './errors.ts'
import type { LinkedinStore, Organization, OrganizationRole } from './store.ts'
import { authorize } from './tokens.ts'
import { assertRestli2, versionOf } from './versions.ts'

const ADMIN_SCOPES = ['rw_organization_admin', 'r_organization_admin']
const DEFAULT_COUNT = 10
const MAX_COUNT = 100

/**
 * GET /rest/organizationAcls?q=roleAssignee: the member's own roles.
 * https://learn.microsoft.com/linkedin/marketing/community-management/organizations/organization-access-control-by-role
 */
export function listAcls(store: LinkedinStore, req: ApiRequest): Answer {
  const version = versionOf(req)
  assertRestli2(req)
  const method = `organizationAcls.FINDER-roleAssignee.${version}01`
  const { account_id } = authorize(store, req, { anyOf: ADMIN_SCOPES, method })
  if (req.query.get('q') !== 'roleAssignee') throw badParameter('q')
  const all = rolesOf(store, account_id)
    .filter((one) => matches(req.query.get('role'), one.role))
    .filter((one) => matches(req.query.get('state'), one.state))
  const start = whole(req, 'start', 0)
  const count = Math.min(whole(req, 'count', DEFAULT_COUNT), MAX_COUNT)
  const elements = all.slice(start, start + count).map(presentRole)
  return json(200, { paging: { start, count, total: all.length, links: [] }, elements })
}

/**
 * GET /rest/organizations/{id}, for those who have a role in it.
 * https://learn.microsoft.com/linkedin/marketing/community-management/organizations/organization-lookup-api
 */
export function showOrganization(store: LinkedinStore, req: ApiRequest): Answer {
  const method = `organizations.GET.${versionOf(req)}01`
  const { account_id } = authorize(store, req, { anyOf: ADMIN_SCOPES, method })
  const organization = store.organizations.get(req.params.id ?? '')
  if (organization === undefined) return apiError(404, { message: 'Could not find entity' })
  const role = rolesOf(store, account_id).find((one) => one.organization === organization.id)
  if (role?.state !== 'APPROVED') throw accessDenied(method)
  return json(200, presentOrganization(organization))
}

function rolesOf(store: LinkedinStore, accountId: string): OrganizationRole[] {
  return [...store.roles.values()].filter((one) => one.account_id === accountId)
}

function matches(wanted: string | null, value: string): boolean {
  return wanted === null || wanted === value
}

function whole(req: ApiRequest, name: string, fallback: number): number {
  const text = req.query.get(name)
  if (text === null) return fallback
  if (!/^\d{1,6}$/.test(text)) throw badParameter(name)
  return Number(text)
}

function badParameter(name: string): Refusal {
  const message = `Query parameter '${name}' is invalid`
  return new Refusal(apiError(400, { code: 'PARAM_INVALID', message }))
}

function presentRole({ account_id, organization, role, state }: OrganizationRole): unknown {
  return {
    roleAssignee: `urn:li:person:${account_id}`,
    state,
    role,
    organization: `urn:li:organization:${organization}`,
  }
}

function presentOrganization({ id, name, vanity_name }: Organization): unknown {
  const logo = `urn:li:digitalmediaAsset:C4D0BAQ${id}`
  return {
    id: Number(id),
    localizedName: name,
    name: { localized: { en_US: name }, preferredLocale: { country: 'US', language: 'en' } },
    vanityName: vanity_name,
    localizedWebsite: `https://${vanity_name}.example.com`,
    logoV2: { original: logo, cropped: logo, cropInfo: { x: 0, y: 0, width: 0, height: 0 } },
    primaryOrganizationType: 'NONE',
  }
}
