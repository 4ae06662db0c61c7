import type { PlatformAppAnswer } from '../../../api/contract/schemas/platform-apps.ts'
import type { Platform } from '../../../domain/platforms.ts'
import type { ApiClient } from '../../support/api-client.ts'
import { registerApp } from './sandbox-people.ts'

/** What each platform calls an app's credentials, and which of its logins takes them. */
export interface AppWords {
  platform: Platform
  id: string
  secret: string
  /** The name of the id in the address of the consent page. */
  inAddress: string
  method?: string
}

/** The seven platforms; X has a second pair, of its own test. */
export const SEVEN: readonly AppWords[] = [
  { platform: 'youtube', id: 'client_id', secret: 'client_secret', inAddress: 'client_id' },
  {
    platform: 'instagram',
    id: 'app_id',
    secret: 'app_secret',
    inAddress: 'client_id',
    method: 'instagram_login',
  },
  { platform: 'tiktok', id: 'client_key', secret: 'client_secret', inAddress: 'client_key' },
  { platform: 'x', id: 'client_id', secret: 'client_secret', inAddress: 'client_id' },
  { platform: 'linkedin', id: 'client_id', secret: 'client_secret', inAddress: 'client_id' },
  { platform: 'facebook', id: 'app_id', secret: 'app_secret', inAddress: 'client_id' },
  { platform: 'reddit', id: 'client_id', secret: 'client_secret', inAddress: 'client_id' },
]

export interface OwnApp {
  app: PlatformAppAnswer
  id: string
  secret: string
}

/** Registers an app at the sandbox for Clarion's own callback, and gives it to the tenant. */
export async function addOwnApp(
  api: ApiClient,
  sandboxUrl: string,
  words: AppWords,
  more: object = {},
): Promise<OwnApp> {
  const callback = `${api.url}/oauth/callback/${words.platform}`
  const { id, secret } = await registerApp(sandboxUrl, words.platform, [callback])
  const app = await api.call<PlatformAppAnswer>('POST', '/v1/platform-apps', {
    platform: words.platform,
    [words.id]: id,
    [words.secret]: secret,
    ...more,
  })
  return { app, id, secret }
}
