import { z } from 'zod'
import { latestId, SnowflakeIds } from '../../core/ids.ts'
import type { SandboxState } from '../../core/state.ts'
import { CATEGORIES } from './media-rules.ts'

const appRow = z.object({
  client_id: z.string(),
  client_secret: z.string(),
  name: z.string(),
  /** null = any loopback address. */
  redirect_uris: z.array(z.string()).nullable(),
})

const codeRow = z.object({
  client_id: z.string(),
  account_id: z.string(),
  redirect_uri: z.string(),
  scopes: z.array(z.string()),
  challenge: z.string(),
  method: z.enum(['S256', 'plain']),
  expires_at_ms: z.number(),
  used: z.boolean(),
})

const accessRow = z.object({
  account_id: z.string(),
  client_id: z.string(),
  family: z.string(),
  scopes: z.array(z.string()),
  expires_at_ms: z.number(),
})

const refreshRow = accessRow.extend({ used: z.boolean() })

const keyRow = z.object({ api_key: z.string(), api_secret: z.string(), name: z.string() })

/** OAuth 1.0a temporary credentials; `verifier` is null until somebody consents. */
const requestRow = z.object({
  api_key: z.string(),
  secret: z.string(),
  callback: z.string(),
  account_id: z.string().nullable(),
  verifier: z.string().nullable(),
  expires_at_ms: z.number(),
  used: z.boolean(),
})

/** OAuth 1.0a tokens do not expire. */
const tokenRow = z.object({
  token: z.string(),
  secret: z.string(),
  account_id: z.string(),
  api_key: z.string(),
  revoked: z.boolean(),
})

const tweetRow = z.object({
  id: z.string(),
  author_id: z.string(),
  /** As the author sent it, NFC, trimmed. */
  source: z.string(),
  /** `at` = UTF-16 index of the link in `source`. */
  links: z.array(
    z.object({ at: z.number(), url: z.string(), code: z.string(), expanded: z.string() }),
  ),
  in_reply_to: z.string().nullable(),
  quoted: z.string().nullable(),
  conversation_id: z.string(),
  reply_settings: z.string(),
  accepted_at_ms: z.number(),
  /** Media ids in the order shown. */
  media: z.array(z.string()).default([]),
  poll: z
    .object({ id: z.string(), options: z.array(z.string()), minutes: z.number() })
    .nullable()
    .default(null),
})

/** An upload; `ready` is what needs no processing. */
const mediaRow = z.object({
  id: z.string(),
  media_key: z.string(),
  owner: z.string(),
  category: z.enum(CATEGORIES),
  /** MIME type. */
  type: z.string(),
  /** As announced; 0 for one-shot uploads. */
  total_bytes: z.number(),
  /** Names on the shelf by segment index. */
  segments: z.record(z.string(), z.string()),
  /** Name on the shelf of the whole file. */
  file: z.string().nullable(),
  sha256: z.string(),
  bytes: z.number(),
  width: z.number(),
  height: z.number(),
  duration_ms: z.number().nullable(),
  state: z.enum(['uploading', 'ready', 'pending', 'in_progress', 'succeeded', 'failed']),
  /** Why processing will fail. */
  fault: z.string().nullable(),
  alt_text: z.string().nullable(),
  expires_at_ms: z.number(),
})

export type XApp = z.infer<typeof appRow>
export type XCode = z.infer<typeof codeRow>
export type XAccess = z.infer<typeof accessRow>
export type XRefresh = z.infer<typeof refreshRow>
export type XKey = z.infer<typeof keyRow>
export type XRequest = z.infer<typeof requestRow>
export type XToken = z.infer<typeof tokenRow>
export type Tweet = z.infer<typeof tweetRow>
export type XMedia = z.infer<typeof mediaRow>

/** Snowflakes count milliseconds from 4 Nov 2010. */
const SNOWFLAKE_EPOCH_MS = 1_288_834_974_657

/** All rows of the stand-in; every table but `byAuthor` and `nonces` is kept in the state file. */
export interface XStore {
  state: SandboxState
  apps: Map<string, XApp>
  codes: Map<string, XCode>
  access: Map<string, XAccess>
  refresh: Map<string, XRefresh>
  /** OAuth 1.0a consumer keys, request tokens and access tokens. */
  keys: Map<string, XKey>
  requests1: Map<string, XRequest>
  tokens1: Map<string, XToken>
  /** Nonces of signed requests with the instant they were seen, oldest first. */
  nonces: Map<string, number>
  tweets: Map<string, Tweet>
  /** Tweets by author, oldest first. */
  byAuthor: Map<string, Tweet[]>
  media: Map<string, XMedia>
  ids: SnowflakeIds
}

export function openXStore(state: SandboxState): XStore {
  const tweets = state.tables.open('x.tweets', tweetRow)
  const media = state.tables.open('x.media', mediaRow)
  const accountIds = state.accounts.list('x').map((account) => account.account_id)
  const last = latestId([...tweets.keys(), ...media.keys(), ...accountIds])
  const store: XStore = {
    state,
    apps: state.tables.open('x.apps', appRow),
    codes: state.tables.open('x.codes', codeRow),
    access: state.tables.open('x.access', accessRow),
    refresh: state.tables.open('x.refresh', refreshRow),
    keys: state.tables.open('x.keys', keyRow),
    requests1: state.tables.open('x.requests1', requestRow),
    tokens1: state.tables.open('x.tokens1', tokenRow),
    nonces: new Map(),
    tweets,
    byAuthor: new Map(),
    media,
    ids: new SnowflakeIds({ epochMs: SNOWFLAKE_EPOCH_MS, shiftBits: 22, last }),
  }
  for (const tweet of tweets.values()) indexTweet(store, tweet)
  return store
}

export function indexTweet(store: XStore, tweet: Tweet): void {
  const own = store.byAuthor.get(tweet.author_id)
  if (own === undefined) store.byAuthor.set(tweet.author_id, [tweet])
  else own.push(tweet)
}

export function removeTweet(store: XStore, tweet: Tweet): void {
  store.tweets.delete(tweet.id)
  const own = store.byAuthor.get(tweet.author_id) ?? []
  store.byAuthor.set(
    tweet.author_id,
    own.filter((one) => one.id !== tweet.id),
  )
}

export function authoredBy(store: XStore, accountId: string): readonly Tweet[] {
  return store.byAuthor.get(accountId) ?? []
}
