import { z } from 'zod'
import type { AccountAccess, CoveredAccount } from '../authorizer.ts'
import { urlBelow } from '../base-url.ts'
import type { Call, PlatformHosts } from '../call.ts'
import { readGoogle } from '../google/userinfo.ts'
import { serviceHost } from '../hosts.ts'
import { GOOGLE_BUSINESS_DIALECT } from './dialect.ts'
import type { Location } from './locations.ts'

/** Google leaves out what is false. */
const voiceSchema = z.object({ hasVoiceOfMerchant: z.boolean().default(false) })

const NOT_VERIFIED = {
  code: 'google_business_not_verified',
  message: 'Google does not let this location speak yet. Verify it in Google Business Profile.',
}

const CANNOT_POST = {
  code: 'google_business_cannot_post',
  message: 'Google does not allow posts on this location, for instance because of its category.',
}

/** Why a location takes no posts, undefined when it does. */
export async function postingProblem(
  hosts: PlatformHosts,
  location: Location,
  access: AccountAccess,
  call: Call,
): Promise<CoveredAccount['problem']> {
  if (!(await hasVoice(hosts, location, access, call))) return NOT_VERIFIED
  const { metadata } = location
  return metadata && metadata.canOperateLocalPost !== true ? CANNOT_POST : undefined
}

/** https://developers.google.com/my-business/reference/verifications/rest/v1/locations/getVoiceOfMerchantState */
async function hasVoice(
  hosts: PlatformHosts,
  { name, metadata }: Location,
  access: AccountAccess,
  call: Call,
): Promise<boolean> {
  if (metadata?.hasVoiceOfMerchant !== undefined) return metadata.hasVoiceOfMerchant
  const url = urlBelow(serviceHost(hosts, 'verification'), `/v1/${name}/VoiceOfMerchantState`)
  const state = await readGoogle(GOOGLE_BUSINESS_DIALECT, url, voiceSchema, access, call)
  return state.hasVoiceOfMerchant
}
