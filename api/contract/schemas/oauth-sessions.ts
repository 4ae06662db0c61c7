import { z } from 'zod'
import { instant, platform, uuid } from './common.ts'
import { connection } from './connections.ts'

/**
 * One account that a consent covers; `connection_id` once it is connected, `problem` where it
 * cannot be, in words for a person.
 */
export const sessionAccount = z
  .strictObject({
    account_id: z.string(),
    account_handle: z.string().nullable(),
    display_name: z.string().nullable(),
    profile_image_url: z.string().nullable(),
    account_kind: z.string().nullable(),
    parent_account_id: z.string().nullable(),
    problem: z.strictObject({ code: z.string(), message: z.string() }).nullable(),
    connection_id: uuid.nullable(),
  })
  .meta({ id: 'SessionAccount' })

/**
 * How far a consent has come. `awaiting_choice`: it covers several accounts, some of which have to
 * be chosen before `expires_at`. `expired`: nothing more can come of it.
 */
export const oauthSession = z
  .strictObject({
    id: uuid,
    platform,
    method: z.string(),
    status: z.enum(['pending', 'awaiting_choice', 'used', 'failed', 'expired']),
    error_code: z.string().nullable(),
    accounts: z.array(sessionAccount),
    expires_at: instant,
  })
  .meta({ id: 'OauthSession' })
export type OauthSessionAnswer = z.output<typeof oauthSession>

/** Ids of accounts at the platform, not of connections. */
export const connectAccountsBody = z
  .strictObject({ account_ids: z.array(z.string().min(1).max(500)).min(1).max(100) })
  .meta({ id: 'ConnectAccounts' })

/** In the order in which the accounts were named. */
export const connectedAccounts = z
  .strictObject({ data: z.array(connection) })
  .meta({ id: 'ConnectedAccounts' })
