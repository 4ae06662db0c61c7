import { Burst } from './burst.ts'
import { confirmPublished } from './confirmPublished.ts'
import { connectionSnapshot } from './connection-rows.ts'
import type { ActivityDeps } from './deps.ts'
import { disconnectConnection } from './disconnectConnection.ts'
import { makePostRows } from './post-rows.ts'
import { publishToPlatform } from './publishToPlatform.ts'
import { refreshConnection } from './refreshConnection.ts'
import { sweep } from './sweep.ts'
import type {
  ConnectionRef,
  FreshTokenInput,
  PublishInput,
  RefreshInput,
  TargetRef,
} from './types.ts'
import { validateConnection } from './validateConnection.ts'

export type Activities = ReturnType<typeof createActivities>

/** Every activity by the name that histories, logs and the Temporal UI print. */
export function createActivities(deps: ActivityDeps) {
  const burst = new Burst()
  return {
    ...makePostRows(deps),
    publishToPlatform: (input: PublishInput) => publishToPlatform(deps, input, burst),
    confirmPublished: (target: TargetRef) => confirmPublished(deps, target),
    freshToken: (input: FreshTokenInput) => deps.freshToken(input),
    refreshConnection: (input: RefreshInput) => refreshConnection(deps, input),
    validateConnection: (ref: ConnectionRef) => validateConnection(deps, ref),
    disconnectConnection: (input: ConnectionRef & { actorId: string | null }) =>
      disconnectConnection(deps, input),
    loadConnection: (ref: ConnectionRef) => connectionSnapshot(deps, ref),
    sweep: (input: { graceMs: number }) => sweep(deps, input),
  }
}
