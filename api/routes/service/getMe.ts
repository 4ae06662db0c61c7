import { Membership } from '../../../db/entities/membership.ts'
import { Tenant } from '../../../db/entities/tenant.ts'
import { User } from '../../../db/entities/user.ts'
import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { me } from '../../contract/schemas/service.ts'

export const getMe = defineOperation({
  id: 'getMe',
  method: 'get',
  path: '/v1/me',
  summary: 'Whose key this is and what it may do',
  tags: ['service'],
  access: 'authenticated',
  audit: 'none',
  idempotency: 'inherent',
  params: NOTHING,
  query: NOTHING,
  body: NOTHING,
  success: { status: 200, description: 'Tenant, user and key.', content: me },
  errors: [],
  async handler({ deps, actor }) {
    return deps.db.withTenant(actor.tenantId, async (em) => {
      const tenant = await em.findOneOrFail(Tenant, { id: actor.tenantId })
      const user = await em.findOneOrFail(User, { id: actor.userId })
      // Missing only when the membership ended after the key was checked.
      const membership = await em.findOne(Membership, { userId: actor.userId })
      const { id, name, slug, timezone } = tenant
      return {
        body: {
          tenant: { id, name, slug, timezone },
          user: {
            id: user.id,
            email: user.email,
            display_name: user.displayName,
            external_id: user.externalId ?? null,
            role: membership?.role ?? null,
          },
          api_key: { id: actor.keyId, scopes: [...actor.scopes] },
        },
      }
    })
  },
})
