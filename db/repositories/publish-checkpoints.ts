import type { EntityManager } from '@mikro-orm/postgresql'

/** One part of one target. */
export interface CheckpointIds {
  tenantId: string
  targetId: string
  part: number
}

export interface Checkpoint {
  /** Of the content it was made for. */
  fingerprint: string
  state: Record<string, unknown>
  secrets: { ciphertext: string; keyVersion: number } | null
}

export interface CheckpointRow {
  fingerprint: string
  state: Record<string, unknown>
  secrets_ciphertext: string | null
  key_version: number | null
}

export async function loadCheckpoint(
  em: EntityManager,
  { tenantId, targetId, part }: CheckpointIds,
): Promise<Checkpoint | undefined> {
  const sql = `select fingerprint, state, secrets_ciphertext, key_version from publish_checkpoints
    where tenant_id = ? and target_id = ? and part = ?`
  const [row] = await em.execute<CheckpointRow[]>(sql, [tenantId, targetId, part])
  return row && checkpointOf(row)
}

export function checkpointOf(row: CheckpointRow): Checkpoint {
  const { fingerprint, state, secrets_ciphertext: ciphertext, key_version: keyVersion } = row
  const isSealed = ciphertext !== null && keyVersion !== null
  return { fingerprint, state, secrets: isSealed ? { ciphertext, keyVersion } : null }
}

const IS_REWRAPPED = `c.fingerprint = excluded.fingerprint and c.key_version > excluded.key_version`

const SAVE = `
  insert into publish_checkpoints as c
    (tenant_id, target_id, part, fingerprint, state, secrets_ciphertext, key_version)
  values (?, ?, ?, ?, ?::jsonb, ?, ?)
  on conflict (tenant_id, target_id, part) do update
  set fingerprint = excluded.fingerprint, state = excluded.state,
    secrets_ciphertext = case when ${IS_REWRAPPED}
      then c.secrets_ciphertext else excluded.secrets_ciphertext end,
    key_version = case when ${IS_REWRAPPED} then c.key_version else excluded.key_version end`

/**
 * Replaces what was kept of this part. A writer that sealed its secrets before the keys were rotated
 * does not undo the rewrap of them: the old version may have ended.
 */
export async function saveCheckpoint(
  em: EntityManager,
  { tenantId, targetId, part }: CheckpointIds,
  { fingerprint, state, secrets }: Checkpoint,
): Promise<void> {
  const kept = [JSON.stringify(state), secrets?.ciphertext ?? null, secrets?.keyVersion ?? null]
  await em.execute(SAVE, [tenantId, targetId, part, fingerprint, ...kept])
}

/** What was prepared is used up, or of no use. */
export async function dropCheckpoint(
  em: EntityManager,
  { tenantId, targetId, part }: CheckpointIds,
): Promise<void> {
  const sql = 'delete from publish_checkpoints where tenant_id = ? and target_id = ? and part = ?'
  await em.execute(sql, [tenantId, targetId, part])
}

/** The same of all parts of targets that are over. */
export async function dropCheckpoints(
  em: EntityManager,
  tenantId: string,
  targets: readonly { id: string }[],
): Promise<void> {
  if (targets.length === 0) return
  const sql = 'delete from publish_checkpoints where tenant_id = ? and target_id = any(?::uuid[])'
  await em.execute(sql, [tenantId, `{${targets.map(({ id }) => id).join(',')}}`])
}

/** The platform took the post of an open attempt and is still working on it. */
export async function noteAccepted(
  em: EntityManager,
  { tenantId, attemptId }: { tenantId: string; attemptId: string },
  accepted: Readonly<Record<string, string>>,
): Promise<void> {
  const sql = `update publish_attempts set accepted = ?::jsonb
    where tenant_id = ? and id = ? and status in ('open', 'unconfirmed')`
  await em.execute(sql, [JSON.stringify(accepted), tenantId, attemptId])
}
