import { type Answer, json } from '../../http/answer.ts'
import { invalidParameter, noObject, refuse } from '../meta/errors.ts'
import { removeGrant } from '../meta/tokens.ts'
import { assertPerson, type Call, type Caller } from './access.ts'

/** GET /me/permissions: what was granted and what was declined. */
export function listPermissions({ caller }: Call): Answer {
  assertPerson(caller, 'permissions')
  const { granted, declined } = caller.grant
  return json(200, {
    data: [
      ...granted.map((permission) => ({ permission, status: 'granted' })),
      ...declined.map((permission) => ({ permission, status: 'declined' })),
    ],
  })
}

/** DELETE /me/permissions: the app is removed, and every token of the person with it. */
export function removeApp({ facebook, caller }: Call): Answer {
  assertNoPage(caller)
  removeGrant(facebook.store, caller.row)
  return json(200, { success: true })
}

/** DELETE /me/permissions/{permission}: tokens stay, and may do less. */
export function removePermission({ caller, req }: Call): Answer {
  assertNoPage(caller)
  const { grant } = caller
  const permission = req.params.permission ?? ''
  if (!grant.granted.includes(permission) || permission === 'public_profile') {
    throw refuse(invalidParameter(`Permission ${permission} cannot be revoked`))
  }
  grant.granted = grant.granted.filter((one) => one !== permission)
  grant.declined = [...grant.declined, permission]
  return json(200, { success: true })
}

function assertNoPage(caller: Caller): void {
  if (caller.page !== undefined) throw refuse(noObject('delete', 'me'))
}
