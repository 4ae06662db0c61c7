import { createHash, randomUUID } from 'node:crypto'
import type { RequiredEntityData } from '@mikro-orm/core'
import type { EntityManager } from '@mikro-orm/postgresql'
import { ApiKey } from '../../db/entities/api-key.ts'
import { AppRegistration } from '../../db/entities/app-registration.ts'
import { AuditEntry } from '../../db/entities/audit-entry.ts'
import { Connection } from '../../db/entities/connection.ts'
import { ConnectionDestination } from '../../db/entities/connection-destination.ts'
import { ConnectionEvent } from '../../db/entities/connection-event.ts'
import { ConnectionToken } from '../../db/entities/connection-token.ts'
import { IdempotencyKey } from '../../db/entities/idempotency-key.ts'
import { MediaAsset } from '../../db/entities/media-asset.ts'
import { OauthSession } from '../../db/entities/oauth-session.ts'
import { OutboxMessage } from '../../db/entities/outbox-message.ts'
import { PlatformApp } from '../../db/entities/platform-app.ts'
import { Post } from '../../db/entities/post.ts'
import { PostApproval } from '../../db/entities/post-approval.ts'
import { PostEvent } from '../../db/entities/post-event.ts'
import { PostMedia } from '../../db/entities/post-media.ts'
import { PostTarget } from '../../db/entities/post-target.ts'
import { PublishAttempt } from '../../db/entities/publish-attempt.ts'
import { PublishCheckpoint } from '../../db/entities/publish-checkpoint.ts'
import { WebhookDelivery } from '../../db/entities/webhook-delivery.ts'
import { WebhookEndpoint } from '../../db/entities/webhook-endpoint.ts'
import { WebhookEvent } from '../../db/entities/webhook-event.ts'
import type { Database } from '../../db/open-database.ts'
import { seedTenant } from '../../db/seed.ts'

export interface Team {
  tenantId: string
  adminId: string
  staffId: string
}

export interface FilledTeam extends Team {
  connectionId: string
  postId: string
  targetId: string
}

/** A tenant with an admin, a marketer and a staff member, and nothing else. */
export async function makeTeam(db: Database, slug = `team-${randomUUID()}`): Promise<Team> {
  const { tenantId, users } = await seedTenant(db, { slug, name: slug })
  const [admin, , staff] = users
  if (admin === undefined || staff === undefined) throw new Error('The seed made no users.')
  return { tenantId, adminId: admin.id, staffId: staff.id }
}

/** A tenant with at least one row in every table. */
export async function makeFilledTeam(db: Database): Promise<FilledTeam> {
  const team = await makeTeam(db)
  return db.withTenant(team.tenantId, async (em) => {
    const connectionId = await addConnection(em, team)
    const postId = await addPost(em, team)
    const targetId = await addTarget(em, team, { postId, connectionId })
    await addAttempt(em, team, { postId, targetId })
    await em.insert(PublishCheckpoint, {
      ...{ tenantId: team.tenantId, targetId, part: 0, fingerprint: 'f' },
      ...{ secretsCiphertext: 'local:v1:ghi', keyVersion: 1 },
    })
    await addConsent(em, team, connectionId)
    await addHistory(em, team, { postId, connectionId })
    await addService(em, team, postId)
    await addWebhook(em, team)
    await addMedia(em, team, { postId, targetId })
    return { ...team, connectionId, postId, targetId }
  })
}

export async function addConnection(
  em: EntityManager,
  team: Team,
  data: Partial<RequiredEntityData<Connection>> = {},
): Promise<string> {
  const id = randomUUID()
  const { tenantId, adminId } = team
  await em.insert(Connection, { id, tenantId, userId: adminId, platform: 'bluesky', ...data })
  return id
}

export async function addPost(
  em: EntityManager,
  team: Team,
  data: Partial<RequiredEntityData<Post>> = {},
): Promise<string> {
  const id = randomUUID()
  const { tenantId, adminId } = team
  await em.insert(Post, { id, tenantId, createdBy: adminId, content: 'Hello', ...data })
  return id
}

export async function addTarget(
  em: EntityManager,
  team: Team,
  data: Partial<RequiredEntityData<PostTarget>> & { postId: string; connectionId: string },
): Promise<string> {
  const id = randomUUID()
  await em.insert(PostTarget, { id, tenantId: team.tenantId, platform: 'bluesky', ...data })
  return id
}

export async function addAttempt(
  em: EntityManager,
  team: Team,
  data: Partial<RequiredEntityData<PublishAttempt>> & { postId: string; targetId: string },
): Promise<string> {
  const id = randomUUID()
  const sendBefore = new Date(Date.now() + 30_000)
  const { tenantId } = team
  await em.insert(PublishAttempt, { id, tenantId, attemptNo: 1, revision: 1, sendBefore, ...data })
  return id
}

async function addConsent(em: EntityManager, team: Team, connectionId: string): Promise<void> {
  const { tenantId, adminId: userId } = team
  await em.insert(ConnectionToken, {
    ...{ tenantId, connectionId },
    ...{ kind: 'access', ciphertext: 'local:v1:abc', keyVersion: 1 },
  })
  await em.insert(AppRegistration, {
    ...{ tenantId, platform: 'mastodon', serviceUrl: 'https://social.example' },
    ...{ clientId: 'client', clientSecretCiphertext: 'local:v1:def', keyVersion: 1 },
  })
  await em.insert(OauthSession, {
    ...{ tenantId, userId, platform: 'x', stateHash: randomUUID() },
    ...{ redirectUri: 'https://clarion.example/oauth/callback/x', expiresAt: new Date() },
  })
  await em.insert(PlatformApp, { tenantId, platform: 'x', name: 'own', clientId: 'client' })
  await em.insert(ConnectionDestination, {
    ...{ tenantId, connectionId, remoteId: '1', kind: 'board', name: 'Board' },
    ...{ canPost: true, position: 0 },
  })
  await em.insert(ApiKey, { tenantId, userId, name: 'key', prefix: 'clr_', keyHash: randomUUID() })
}

async function addHistory(
  em: EntityManager,
  team: Team,
  ids: { postId: string; connectionId: string },
): Promise<void> {
  const { tenantId, adminId } = team
  const { postId, connectionId } = ids
  await em.insert(PostEvent, { tenantId, postId, seq: 1, type: 'created' })
  await em.insert(ConnectionEvent, { tenantId, connectionId, seq: 1, type: 'connected' })
  await em.insert(PostApproval, {
    ...{ tenantId, postId, revision: 1, decision: 'requested' },
    ...{ byUserId: adminId, actor: 'Ada Admin' },
  })
}

async function addService(em: EntityManager, team: Team, postId: string): Promise<void> {
  const { tenantId } = team
  await em.insert(OutboxMessage, { tenantId, kind: 'start_post', aggregateId: postId })
  await em.insert(AuditEntry, { tenantId, actorType: 'system', action: 'post.create' })
  await em.insert(IdempotencyKey, {
    ...{ tenantId, key: 'once', operation: 'POST /v1/posts', fingerprint: 'f' },
    ...{ lockedUntil: new Date(), expiresAt: new Date(Date.now() + 60_000) },
  })
}

async function addWebhook(em: EntityManager, team: Team): Promise<void> {
  const { tenantId } = team
  const endpointId = randomUUID()
  const eventId = randomUUID()
  await em.insert(WebhookEndpoint, {
    ...{ id: endpointId, tenantId, url: 'https://hooks.example/in' },
    ...{ secretCiphertext: 'local:v1:abc', keyVersion: 1 },
  })
  await em.insert(WebhookEvent, { id: eventId, tenantId, type: 'post.published' })
  const nextAttemptAt = new Date()
  await em.insert(WebhookDelivery, { tenantId, eventId, endpointId, nextAttemptAt })
}

/** A stored file that a target's variant uses; answers its id. */
export async function addMedia(
  em: EntityManager,
  { tenantId, adminId }: Team,
  ids: { postId: string; targetId: string },
): Promise<string> {
  const mediaId = randomUUID()
  const sha256 = createHash('sha256').update(mediaId).digest('hex')
  await em.insert(MediaAsset, {
    ...{ id: mediaId, tenantId, createdBy: adminId, kind: 'image', mimeType: 'image/png' },
    ...{ sha256, bytes: 100, width: 1, height: 1, fileName: 'dot.png' },
    storageKey: `${tenantId}/${sha256}`,
  })
  const use = { tenantId, postId: ids.postId, place: 'media', position: 0, mediaId }
  await em.insert(PostMedia, { ...use, targetId: ids.targetId })
  return mediaId
}
