import { cancellationSignal } from '@temporalio/activity'
import type { Checkpoint, CheckpointIds } from '../db/repositories/publish-checkpoints.ts'
import { loadCheckpoint, saveCheckpoint } from '../db/repositories/publish-checkpoints.ts'
import { tokenContext } from '../domain/token-context.ts'
import type { Access } from '../platforms/call.ts'
import type { Connector, Draft, Prepared, PublishCall } from '../platforms/connector.ts'
import type { ActivityDeps } from './deps.ts'
import { fingerprintOf } from './target-content.ts'
import { waitUntil } from './wait-until.ts'

/** What surrounds the preparation of one part. */
export interface PrepareInput {
  ids: CheckpointIds
  /** What an earlier try left, if it left anything. */
  kept: Checkpoint | null
  connector: Connector
  draft: Draft
  access: Access
  call: PublishCall
}

export interface PreparedPart {
  prepared: Prepared | undefined
  /** Something of it is in the database, to be dropped with the end of the part. */
  isKept: boolean
}

/** Uploads and containers of one part; goes on where an earlier execution left off. */
export async function preparePart(
  deps: ActivityDeps,
  { ids, kept, connector, draft, access, call }: PrepareInput,
): Promise<PreparedPart> {
  if (connector.prepare === undefined) return { prepared: undefined, isKept: kept !== null }
  const fingerprint = fingerprintOf(draft)
  const earlier = kept?.fingerprint === fingerprint ? await opened(deps, ids, kept) : undefined
  const save = makeSave(deps, ids, fingerprint, earlier, kept)
  let isKept = kept !== null
  const prepared = await connector.prepare(draft, access, call, {
    ...(earlier ? { prepared: earlier } : {}),
    save: async (next) => {
      isKept = true
      await save(next)
    },
    pause: (ms) => waitUntil(Date.now() + ms, cancellationSignal()),
  })
  return { prepared, isKept }
}

/** What was saved for a part, whatever its content is now: for looking up what became of it. */
export async function loadPrepared(
  deps: ActivityDeps,
  ids: CheckpointIds,
): Promise<Prepared | undefined> {
  const kept = await deps.db.withTenant(ids.tenantId, (em) => loadCheckpoint(em, ids))
  return kept && opened(deps, ids, kept)
}

async function opened(
  deps: ActivityDeps,
  { tenantId, targetId }: CheckpointIds,
  { state, secrets }: Checkpoint,
): Promise<Prepared> {
  if (secrets === null) return { state }
  const context = tokenContext(tenantId, targetId, 'upload')
  const [json = '{}'] = await deps.cipher.decrypt([{ ciphertext: secrets.ciphertext, context }])
  return { state, secrets: stringsOf(JSON.parse(json)) }
}

function stringsOf(value: unknown): Record<string, string> {
  return Object.fromEntries(Object.entries(Object(value)).map(([key, one]) => [key, String(one)]))
}

/** Upload addresses are sealed once and not with every offset that is saved. */
function makeSave(
  deps: ActivityDeps,
  ids: CheckpointIds,
  fingerprint: string,
  prepared: Prepared | undefined,
  kept: Checkpoint | null,
): (next: Prepared) => Promise<void> {
  let known = JSON.stringify(prepared?.secrets ?? null)
  let sealed = prepared ? (kept?.secrets ?? null) : null
  return async ({ state, secrets }) => {
    const json = JSON.stringify(secrets ?? null)
    if (json !== known) {
      sealed = secrets === undefined ? null : await seal(deps, ids, json)
      known = json
    }
    const checkpoint = { fingerprint, state, secrets: sealed }
    await deps.db.withTenant(ids.tenantId, (em) => saveCheckpoint(em, ids, checkpoint))
  }
}

async function seal(deps: ActivityDeps, { tenantId, targetId }: CheckpointIds, plaintext: string) {
  const context = tokenContext(tenantId, targetId, 'upload')
  const [sealed] = await deps.cipher.encrypt([{ plaintext, context }])
  return sealed ?? null
}
