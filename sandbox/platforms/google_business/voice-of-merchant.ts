import { type Answer, json } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { ownLocation } from './access.ts'
import type { Business } from './store.ts'

/**
 * GET /v1/locations/{location}/VoiceOfMerchantState: booleans that are false are absent.
 * https://developers.google.com/my-business/reference/verifications/rest/v1/locations
 */
export function showVoiceOfMerchant(business: Business, req: ApiRequest): Answer {
  const { voice_of_merchant } = ownLocation(business, req)
  if (voice_of_merchant) {
    return json(200, { hasVoiceOfMerchant: true, hasBusinessAuthority: true })
  }
  return json(200, { hasBusinessAuthority: true, verify: {} })
}
