import type { EntityManager } from '@mikro-orm/postgresql'
import type { PlatformApp } from '../../db/entities/platform-app.ts'
import { getPlatformApp } from '../../db/repositories/platform-apps.ts'
import type { Requester } from '../contract/operation.ts'
import type { PlatformAppAnswer } from '../contract/schemas/platform-apps.ts'
import { presentPlatformApp } from '../presenters/platform-app.ts'

/** The tenant's row; throws `not_found`, for other tenants' ids too. */
export async function findApp(
  requester: Requester<'not_found'>,
  em: EntityManager,
  id: string,
): Promise<PlatformApp> {
  const row = await getPlatformApp(em, id)
  if (row === undefined) throw requester.fail('not_found')
  return row
}

/** The same in a transaction of its own. */
export function readApp(requester: Requester<'not_found'>, id: string): Promise<PlatformApp> {
  const { deps, actor } = requester
  return deps.db.withTenant(actor.tenantId, (em) => findApp(requester, em, id))
}

/** The app as the API answers it, with its ETag. */
export async function answerApp(
  requester: Requester<'not_found'>,
  em: EntityManager,
  id: string,
): Promise<{ body: PlatformAppAnswer; revision: number }> {
  const body = presentPlatformApp(await findApp(requester, em, id))
  return { body, revision: body.revision }
}
