import { z } from 'zod'
import { authRevoked, rejected } from '../../domain/failures.ts'
import type { Account, AccountAccess, Authorizer } from '../authorizer.ts'
import { urlBelow } from '../base-url.ts'
import type { Call, PlatformHosts } from '../call.ts'
import { makeGoogleLogin } from '../google/login.ts'
import { readGoogle, readGrantorId } from '../google/userinfo.ts'
import { YOUTUBE_DIALECT } from './errors.ts'

/** https://developers.google.com/youtube/v3/docs */
export const YOUTUBE_HOSTS: PlatformHosts = {
  authBaseUrl: 'https://accounts.google.com',
  tokenBaseUrl: 'https://oauth2.googleapis.com',
  apiBaseUrl: 'https://www.googleapis.com',
  webBaseUrl: 'https://www.youtube.com',
}

/** Upload, list, and update or delete: https://developers.google.com/youtube/v3/guides/authentication */
const SCOPES = [
  'https://www.googleapis.com/auth/youtube.upload',
  'https://www.googleapis.com/auth/youtube.readonly',
  'https://www.googleapis.com/auth/youtube.force-ssl',
]

const imageSchema = z.object({ url: z.string() }).optional()

const channelSchema = z.object({
  id: z.string().min(1),
  snippet: z.object({
    title: z.string(),
    customUrl: z.string().optional(),
    thumbnails: z
      .object({ default: imageSchema, medium: imageSchema, high: imageSchema })
      .optional(),
  }),
  statistics: z.object({ subscriberCount: z.string().optional() }).optional(),
  contentDetails: z
    .object({ relatedPlaylists: z.object({ uploads: z.string().optional() }).optional() })
    .optional(),
})

/** An account without a channel is answered without `items`. */
const channelsSchema = z.object({ items: z.array(channelSchema).default([]) })

type Channel = z.output<typeof channelSchema>

/** Google's consent; the person chooses the channel on Google's own screen. */
export function makeYoutubeAuthorizer(hosts: PlatformHosts): Authorizer {
  return {
    ...makeGoogleLogin({
      platform: 'youtube',
      dialect: YOUTUBE_DIALECT,
      hosts,
      scopes: SCOPES,
      widerScopes: ['https://www.googleapis.com/auth/youtube'],
    }),
    identify: (access, call) => identify(hosts, access, call),
    accounts: async (access, call) => {
      const accounts = await readAccounts(hosts, access, call)
      return accounts.map((account) => ({ account }))
    },
  }
}

async function identify(hosts: PlatformHosts, access: AccountAccess, call: Call): Promise<Account> {
  const { accountId } = access
  const channels = await readChannels(hosts, access, call)
  const channel = accountId ? channels.find(({ id }) => id === accountId) : channels[0]
  if (channel) return toAccount(channel, await readGrantorId(YOUTUBE_DIALECT, hosts, access, call))
  if (!accountId) throw noChannel()
  const message = 'This access no longer reaches the YouTube channel. Please connect it again.'
  throw authRevoked({ code: 'youtube_channel_gone', message })
}

async function readAccounts(
  hosts: PlatformHosts,
  access: AccountAccess,
  call: Call,
): Promise<Account[]> {
  const channels = await readChannels(hosts, access, call)
  if (channels.length === 0) throw noChannel()
  const grantorId = await readGrantorId(YOUTUBE_DIALECT, hosts, access, call)
  return channels.map((channel) => toAccount(channel, grantorId))
}

/** https://developers.google.com/youtube/v3/docs/channels/list (1 unit of quota) */
async function readChannels(
  hosts: PlatformHosts,
  access: AccountAccess,
  call: Call,
): Promise<Channel[]> {
  const part = 'snippet,statistics,contentDetails'
  const url = urlBelow(hosts.apiBaseUrl, '/youtube/v3/channels', { part, mine: 'true' })
  return (await readGoogle(YOUTUBE_DIALECT, url, channelsSchema, access, call)).items
}

function toAccount(channel: Channel, grantorId: string | undefined): Account {
  const { id, snippet, statistics, contentDetails } = channel
  const { high, medium, default: small } = snippet.thumbnails ?? {}
  return {
    platformAccountId: id,
    handle: snippet.customUrl?.replace(/^@/, '') || id,
    displayName: snippet.title || null,
    profileImageUrl: (high ?? medium ?? small)?.url ?? null,
    kind: 'channel',
    ...(grantorId ? { grantorId } : {}),
    metadata: {
      uploads_playlist_id: contentDetails?.relatedPlaylists?.uploads ?? null,
      subscriber_count: statistics?.subscriberCount ?? null,
    },
  }
}

function noChannel() {
  const message =
    'This Google account has no YouTube channel. Create one at YouTube or choose another account.'
  return rejected({ code: 'youtube_no_channel', message })
}
