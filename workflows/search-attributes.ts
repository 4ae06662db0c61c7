import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common'

/** Registered by `npm start`, docker compose and the tests; ids are KEYWORD, or they would be split
 * into words and never found. */
export const SEARCH_ATTRIBUTES = {
  TenantId: defineSearchAttributeKey('TenantId', SearchAttributeType.KEYWORD),
  Platform: defineSearchAttributeKey('Platform', SearchAttributeType.KEYWORD),
  ConnectionId: defineSearchAttributeKey('ConnectionId', SearchAttributeType.KEYWORD),
  PostState: defineSearchAttributeKey('PostState', SearchAttributeType.KEYWORD),
  ConnectionState: defineSearchAttributeKey('ConnectionState', SearchAttributeType.KEYWORD),
  FailureCode: defineSearchAttributeKey('FailureCode', SearchAttributeType.KEYWORD),
  DueAt: defineSearchAttributeKey('DueAt', SearchAttributeType.DATETIME),
  TokenExpiresAt: defineSearchAttributeKey('TokenExpiresAt', SearchAttributeType.DATETIME),
  NeedsAttention: defineSearchAttributeKey('NeedsAttention', SearchAttributeType.BOOL),
} as const
