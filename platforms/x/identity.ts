import { z } from 'zod'
import { withAccountLimits } from '../account-limits.ts'
import { readJson } from '../ask.ts'
import type { Account } from '../authorizer.ts'
import { urlBelow } from '../base-url.ts'
import type { Call, PlatformHosts } from '../call.ts'
import { X_DIALECT } from './errors.ts'
import { PREMIUM_MAX_VIDEO_DURATION_MS } from './file-rules.ts'
import { PREMIUM_MAX_TEXT_LENGTH, X_LIMITS } from './limits.ts'
import { askX, type XAccess } from './request.ts'

const USER_FIELDS =
  'username,name,profile_image_url,verified,verified_type,public_metrics,subscription_type'

const userSchema = z.object({
  data: z.object({
    id: z.string().regex(/^[0-9]{1,19}$/),
    username: z.string(),
    name: z.string().optional(),
    profile_image_url: z.string().optional(),
    verified_type: z.string().optional(),
    subscription_type: z.string().optional(),
  }),
})

/** https://docs.x.com/x-api/users/get-my-user */
export async function identify(
  hosts: PlatformHosts,
  access: XAccess,
  call: Call,
): Promise<Account> {
  const url = urlBelow(hosts.apiBaseUrl, '/2/users/me', { 'user.fields': USER_FIELDS })
  const { data } = readJson(X_DIALECT, await askX({ method: 'GET', url }, access, call), userSchema)
  const premium = /^premium/i.test(data.subscription_type ?? '')
  return {
    platformAccountId: data.id,
    handle: data.username,
    displayName: data.name ?? null,
    profileImageUrl: data.profile_image_url?.replace(/_normal(\.\w+)$/, '_400x400$1') ?? null,
    kind: data.verified_type === 'business' ? 'business' : 'personal',
    metadata: withAccountLimits(
      { subscription_type: data.subscription_type ?? null },
      premium
        ? {
            maxTextLength: PREMIUM_MAX_TEXT_LENGTH,
            maxVideoDurationMs: PREMIUM_MAX_VIDEO_DURATION_MS,
          }
        : { maxTextLength: X_LIMITS.maxTextLength },
    ),
  }
}
