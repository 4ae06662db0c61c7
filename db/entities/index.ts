import { ApiKey } from './api-key.ts'
import { AppRegistration } from './app-registration.ts'
import { AuditEntry } from './audit-entry.ts'
import { Connection } from './connection.ts'
import { ConnectionDestination } from './connection-destination.ts'
import { ConnectionEvent } from './connection-event.ts'
import { ConnectionToken } from './connection-token.ts'
import { IdempotencyKey } from './idempotency-key.ts'
import { MediaAsset } from './media-asset.ts'
import { Membership } from './membership.ts'
import { OauthSession } from './oauth-session.ts'
import { OutboxMessage } from './outbox-message.ts'
import { PlatformApp } from './platform-app.ts'
import { Post } from './post.ts'
import { PostApproval } from './post-approval.ts'
import { PostEvent } from './post-event.ts'
import { PostMedia } from './post-media.ts'
import { PostTarget } from './post-target.ts'
import { PublishAttempt } from './publish-attempt.ts'
import { PublishCheckpoint } from './publish-checkpoint.ts'
import { SweepResult } from './sweep-result.ts'
import { Tenant } from './tenant.ts'
import { User } from './user.ts'
import { WebhookDelivery } from './webhook-delivery.ts'
import { WebhookEndpoint } from './webhook-endpoint.ts'
import { WebhookEvent } from './webhook-event.ts'

/** Every entity, listed by hand: discovery by folder would hide what the database holds. */
export const ENTITIES = [
  Tenant,
  User,
  Membership,
  ApiKey,
  PlatformApp,
  Connection,
  ConnectionToken,
  AppRegistration,
  OauthSession,
  ConnectionEvent,
  ConnectionDestination,
  MediaAsset,
  Post,
  PostTarget,
  PostMedia,
  PublishAttempt,
  PublishCheckpoint,
  PostApproval,
  PostEvent,
  OutboxMessage,
  IdempotencyKey,
  AuditEntry,
  SweepResult,
  WebhookEndpoint,
  WebhookEvent,
  WebhookDelivery,
]
