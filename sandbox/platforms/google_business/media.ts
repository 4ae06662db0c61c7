import { type Answer, json } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { ownLocation } from './access.ts'
import { noEntity } from './errors.ts'
import type { Business } from './store.ts'

/**
 * GET /v4/accounts/{account}/locations/{location}/media:
 * https://developers.google.com/my-business/reference/rest/v4/accounts.locations.media/list
 */
export function listMedia(business: Business, req: ApiRequest): Answer {
  const location = ownLocation(business, req)
  // v4 names a location by both ids: under another account it is none.
  if (location.account !== req.params.account) throw noEntity()
  const name = `accounts/${location.account}/locations/${location.id}/media/profile`
  const googleUrl = `https://lh3.googleusercontent.com/p/${location.id}`
  const item = {
    name,
    mediaFormat: 'PHOTO',
    locationAssociation: { category: 'PROFILE' },
    googleUrl: `${googleUrl}=s0`,
    thumbnailUrl: `${googleUrl}=s300`,
    dimensions: { widthPixels: 720, heightPixels: 720 },
    createTime: '2026-01-05T08:00:00Z',
  }
  return json(200, { mediaItems: [item], totalMediaItemCount: 1 })
}
