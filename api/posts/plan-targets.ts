import type { EntityManager } from '@mikro-orm/postgresql'
import type { Connection } from '../../db/entities/connection.ts'
import { defaultConnections, getConnections } from '../../db/repositories/connection-queries.ts'
import type { FieldError } from '../../domain/errors.ts'
import type { Platform } from '../../domain/platforms.ts'
import type { Requester } from '../contract/operation.ts'

/** One target as the post will have it: the account, and what is particular to it. */
export interface PlannedTarget {
  connection: Connection
  content: string | null
  settings: Record<string, unknown>
  /** Where it came from in the request, for errors: `targets[0]`, `platforms[1]`. */
  path: string
}

/** Accounts by id, by platform, or both; a named account wins over the default of its platform. */
export interface TargetsInput {
  targets?: { connection_id: string; content?: string | null; settings?: Record<string, unknown> }[]
  platforms?: Platform[]
}

/** Each is thrown with every place that has the fault, not only the first. */
export type PlanErrors =
  | 'validation_failed'
  | 'unknown_connection'
  | 'inactive_connection'
  | 'no_default_connection'

/** The targets a request names; all accounts are the tenant's own and can publish. */
export async function planTargets(
  requester: Requester<PlanErrors>,
  em: EntityManager,
  input: TargetsInput,
): Promise<PlannedTarget[]> {
  const named = await namedTargets(requester, em, input.targets ?? [])
  const defaults = await defaultTargets(requester, em, input.platforms ?? [])
  const taken = new Set(named.map((target) => target.connection.platform))
  const planned = [...named, ...defaults.filter((target) => !taken.has(target.connection.platform))]
  if (planned.length === 0) {
    const error = {
      path: 'targets',
      code: 'required',
      message: 'Name at least one target or platform.',
    }
    throw requester.fail('validation_failed', { detail: error.message, errors: [error] })
  }
  assertCanPublish(requester, planned)
  return planned
}

async function namedTargets(
  requester: Requester<'validation_failed' | 'unknown_connection'>,
  em: EntityManager,
  targets: NonNullable<TargetsInput['targets']>,
): Promise<PlannedTarget[]> {
  assertDistinct(
    requester,
    targets.map((target) => target.connection_id),
  )
  const found = await getConnections(
    em,
    targets.map((target) => target.connection_id),
  )
  const byId = new Map(found.map((connection) => [connection.id, connection]))
  const unknown = targets.flatMap((target, index) =>
    byId.has(target.connection_id) ? [] : [unknownAt(index)],
  )
  if (unknown.length > 0) throw requester.fail('unknown_connection', { errors: unknown })
  return targets.flatMap((target, index) => {
    const connection = byId.get(target.connection_id)
    if (connection === undefined) return []
    const { content = null, settings = {} } = target
    return [{ connection, content, settings, path: `targets[${index}]` }]
  })
}

async function defaultTargets(
  requester: Requester<'no_default_connection'>,
  em: EntityManager,
  platforms: readonly Platform[],
): Promise<PlannedTarget[]> {
  const distinct = [...new Set(platforms)]
  const found = await defaultConnections(em, distinct)
  const byPlatform = new Map(found.map((connection) => [connection.platform, connection]))
  const missing = platforms.flatMap((platform, index) =>
    byPlatform.has(platform) ? [] : [missingAt(index, platform)],
  )
  if (missing.length > 0) throw requester.fail('no_default_connection', { errors: missing })
  return distinct.flatMap((platform) => {
    const connection = byPlatform.get(platform)
    const path = `platforms[${platforms.indexOf(platform)}]`
    return connection === undefined ? [] : [{ connection, content: null, settings: {}, path }]
  })
}

/** One account, one target: the same post twice on it is never wanted. */
function assertDistinct(requester: Requester<'validation_failed'>, ids: readonly string[]): void {
  const twice = ids.findIndex((id, index) => ids.indexOf(id) !== index)
  if (twice === -1) return
  const path = `targets[${twice}].connection_id`
  const error = { path, code: 'duplicate', message: 'This account is named twice.' }
  throw requester.fail('validation_failed', { detail: error.message, errors: [error] })
}

/** Throws `inactive_connection` with every account that cannot publish. */
export function assertCanPublish(
  requester: Requester<'inactive_connection'>,
  planned: readonly PlannedTarget[],
): void {
  const errors = planned.flatMap(({ connection, path }) =>
    canPublish(connection) ? [] : [inactiveAt(path, connection)],
  )
  if (errors.length > 0) throw requester.fail('inactive_connection', { errors })
}

/** Connected and not switched off; whether the token is fresh is the publish's own matter. */
export function canPublish(connection: Connection): boolean {
  return connection.status === 'active' && connection.isActive
}

function inactiveAt(path: string, { status, isActive, accountHandle }: Connection): FieldError {
  const who = accountHandle ?? 'This account'
  const why = status === 'active' && !isActive ? 'is switched off' : `is ${status}`
  const message = `${who} ${why} and cannot publish.`
  return { path: `${path}.connection_id`, code: 'inactive_connection', message }
}

function unknownAt(index: number): FieldError {
  const message = 'There is no such connection.'
  return { path: `targets[${index}].connection_id`, code: 'unknown_connection', message }
}

function missingAt(index: number, platform: Platform): FieldError {
  const message = `No active account is connected for ${platform}.`
  return { path: `platforms[${index}]`, code: 'no_default_connection', message }
}
