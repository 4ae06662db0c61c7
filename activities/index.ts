import { Burst } from './burst.ts'
import { confirmPublished } from './confirmPublished.ts'
import { endAccess, warnExpiring } from './connection-ends.ts'
import { connectionSnapshot } from './connection-rows.ts'
import type { ActivityDeps } from './deps.ts'
import { disconnectConnection } from './disconnectConnection.ts'
import { makeKeyActivities } from './keys/index.ts'
import { lookAtPlatform } from './lookAtPlatform.ts'
import { makePostRows } from './post-rows.ts'
import { publishToPlatform } from './publishToPlatform.ts'
import { refreshConnection } from './refreshConnection.ts'
import { removeFromPlatform } from './removeFromPlatform.ts'
import { sweep } from './sweep.ts'
import { syncConnection } from './syncConnection.ts'
import type {
  ConnectionRef,
  EndInput,
  ErrandRef,
  FreshTokenInput,
  PublishInput,
  RefreshInput,
  TargetRef,
  WarnInput,
} from './types.ts'
import { validateConnection } from './validateConnection.ts'

export type Activities = ReturnType<typeof createActivities>

/** Every activity by the name that histories, logs and the Temporal UI print. */
export function createActivities(deps: ActivityDeps) {
  const burst = new Burst()
  return {
    ...makePostRows(deps),
    ...makeKeyActivities(deps),
    publishToPlatform: (input: PublishInput) => publishToPlatform(deps, input, burst),
    confirmPublished: (target: TargetRef) => confirmPublished(deps, target),
    removeFromPlatform: (ref: ErrandRef) => removeFromPlatform(deps, ref),
    lookAtPlatform: (ref: ErrandRef) => lookAtPlatform(deps, ref),
    freshToken: (input: FreshTokenInput) => deps.freshToken(input),
    refreshConnection: (input: RefreshInput) => refreshConnection(deps, input),
    validateConnection: (ref: ConnectionRef & { provedSince?: number }) =>
      validateConnection(deps, ref),
    syncConnection: (ref: ConnectionRef) => syncConnection(deps, ref),
    warnExpiring: (input: WarnInput) => warnExpiring(deps, input),
    endAccess: (input: EndInput) => endAccess(deps, input),
    disconnectConnection: (input: ConnectionRef & { actorId: string | null }) =>
      disconnectConnection(deps, input),
    loadConnection: (ref: ConnectionRef) => connectionSnapshot(deps, ref),
    sweep: (input: { graceMs: number }) => sweep(deps, input),
  }
}
