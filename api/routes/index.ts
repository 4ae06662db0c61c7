import type { Operation } from '../contract/operation.ts'
import type { Deps } from '../deps.ts'
import type { Metrics } from '../metrics.ts'
import { listAuditLog } from './audit/listAuditLog.ts'
import { authorizeConnection } from './connections/authorizeConnection.ts'
import { changeConnection } from './connections/changeConnection.ts'
import { createConnection } from './connections/createConnection.ts'
import { deleteConnection } from './connections/deleteConnection.ts'
import { disconnectConnection } from './connections/disconnectConnection.ts'
import { getBlueskyClientMetadata } from './connections/getBlueskyClientMetadata.ts'
import { getBlueskyJwks } from './connections/getBlueskyJwks.ts'
import { getConnection } from './connections/getConnection.ts'
import { getConnectionLimits } from './connections/getConnectionLimits.ts'
import { listConnectionAccounts } from './connections/listConnectionAccounts.ts'
import { listConnectionEvents } from './connections/listConnectionEvents.ts'
import { listConnections } from './connections/listConnections.ts'
import { oauthCallback } from './connections/oauthCallback.ts'
import { reconnectConnection } from './connections/reconnectConnection.ts'
import { refreshConnection } from './connections/refreshConnection.ts'
import { syncConnection } from './connections/syncConnection.ts'
import { validateConnection } from './connections/validateConnection.ts'
import { createMedia } from './media/createMedia.ts'
import { deleteMedia } from './media/deleteMedia.ts'
import { getMedia } from './media/getMedia.ts'
import { listMedia } from './media/listMedia.ts'
import { connectAccounts } from './oauth-sessions/connectAccounts.ts'
import { getOauthSession } from './oauth-sessions/getOauthSession.ts'
import { changePlatformApp } from './platform-apps/changePlatformApp.ts'
import { createPlatformApp } from './platform-apps/createPlatformApp.ts'
import { deletePlatformApp } from './platform-apps/deletePlatformApp.ts'
import { getPlatformApp } from './platform-apps/getPlatformApp.ts'
import { listPlatformApps } from './platform-apps/listPlatformApps.ts'
import { verifyPlatformApp } from './platform-apps/verifyPlatformApp.ts'
import { getPlatform } from './platforms/getPlatform.ts'
import { listPlatforms } from './platforms/listPlatforms.ts'
import { approvePost } from './posts/approvePost.ts'
import { cancelPost } from './posts/cancelPost.ts'
import { changePost } from './posts/changePost.ts'
import { createPost } from './posts/createPost.ts'
import { deletePost } from './posts/deletePost.ts'
import { getPost } from './posts/getPost.ts'
import { listPostApprovals } from './posts/listPostApprovals.ts'
import { listPostAttempts } from './posts/listPostAttempts.ts'
import { listPostEvents } from './posts/listPostEvents.ts'
import { listPosts } from './posts/listPosts.ts'
import { lookUpPost } from './posts/lookUpPost.ts'
import { publishPost } from './posts/publishPost.ts'
import { rejectPost } from './posts/rejectPost.ts'
import { resolvePost } from './posts/resolvePost.ts'
import { retryPost } from './posts/retryPost.ts'
import { schedulePost } from './posts/schedulePost.ts'
import { submitPost } from './posts/submitPost.ts'
import { unschedulePost } from './posts/unschedulePost.ts'
import { validatePost } from './posts/validatePost.ts'
import { documentOperations } from './service/documents.ts'
import { getHealth } from './service/getHealth.ts'
import { getMe } from './service/getMe.ts'
import { getMetrics } from './service/getMetrics.ts'
import { getReadiness } from './service/getReadiness.ts'
import { changeWebhookEndpoint } from './webhook-endpoints/changeWebhookEndpoint.ts'
import { createWebhookEndpoint } from './webhook-endpoints/createWebhookEndpoint.ts'
import { deleteWebhookEndpoint } from './webhook-endpoints/deleteWebhookEndpoint.ts'
import { getWebhookEndpoint } from './webhook-endpoints/getWebhookEndpoint.ts'
import { listWebhookDeliveries } from './webhook-endpoints/listWebhookDeliveries.ts'
import { listWebhookEndpoints } from './webhook-endpoints/listWebhookEndpoints.ts'
import { replayWebhookDelivery } from './webhook-endpoints/replayWebhookDelivery.ts'
import { rotateWebhookSecret } from './webhook-endpoints/rotateWebhookSecret.ts'
import { testWebhookEndpoint } from './webhook-endpoints/testWebhookEndpoint.ts'

/** Fixed paths stand before those with parameters. */
const OPERATIONS: readonly Operation[] = [
  createPost,
  listPosts,
  lookUpPost,
  validatePost,
  getPost,
  changePost,
  deletePost,
  schedulePost,
  unschedulePost,
  submitPost,
  approvePost,
  rejectPost,
  publishPost,
  cancelPost,
  retryPost,
  resolvePost,
  listPostAttempts,
  listPostEvents,
  listPostApprovals,
  createMedia,
  listMedia,
  getMedia,
  deleteMedia,
  authorizeConnection,
  createConnection,
  listConnections,
  getConnection,
  changeConnection,
  deleteConnection,
  refreshConnection,
  validateConnection,
  reconnectConnection,
  disconnectConnection,
  syncConnection,
  listConnectionAccounts,
  getConnectionLimits,
  listConnectionEvents,
  oauthCallback,
  getBlueskyClientMetadata,
  getBlueskyJwks,
  getOauthSession,
  connectAccounts,
  createPlatformApp,
  listPlatformApps,
  getPlatformApp,
  changePlatformApp,
  deletePlatformApp,
  verifyPlatformApp,
  listPlatforms,
  getPlatform,
  createWebhookEndpoint,
  listWebhookEndpoints,
  getWebhookEndpoint,
  changeWebhookEndpoint,
  deleteWebhookEndpoint,
  testWebhookEndpoint,
  rotateWebhookSecret,
  listWebhookDeliveries,
  replayWebhookDelivery,
  listAuditLog,
  getMe,
  getHealth,
  getReadiness,
]

/** Every operation of the API. */
export function operationsOf(deps: Deps, metrics: Metrics): readonly Operation[] {
  const operations: Operation[] = [
    ...OPERATIONS,
    getMetrics(metrics),
    ...documentOperations(() => operations, deps.config.http.publicUrl),
  ]
  return operations
}
