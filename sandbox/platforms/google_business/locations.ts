import { type Answer, json } from '../../http/answer.ts'
import { isRecord } from '../../http/body.ts'
import type { ApiRequest } from '../../http/request.ts'
import { ownAccount, ownLocation } from './access.ts'
import { badField } from './errors.ts'
import { pageOf } from './paging.ts'
import type { Business, BusinessLocation } from './store.ts'

const SIZES = { default: 10, max: 100 }

/** https://developers.google.com/my-business/reference/businessinformation/rest/v1/accounts.locations */
const FIELDS = new Set(
  `name languageCode storeCode title phoneNumbers categories storefrontAddress websiteUri
  regularHours specialHours serviceArea labels adWordsLocationExtensions latlng openInfo metadata
  profile relationshipData moreHours serviceItems`.split(/\s+/),
)

/** GET /v1/accounts/{account}/locations: without a read mask there is no answer. */
export function listLocations(business: Business, req: ApiRequest): Answer {
  const account = ownAccount(business, req)
  const mask = readMask(req)
  const all = [...business.store.locations.values()].filter((one) => one.account === account.id)
  const { rows, nextPageToken } = pageOf(req, all, SIZES)
  // An empty list is left out, as in every answer of Google's.
  if (rows.length === 0) return json(200, {})
  return json(200, { locations: rows.map((row) => masked(row, mask)), nextPageToken })
}

/** GET /v1/locations/{location} */
export function showLocation(business: Business, req: ApiRequest): Answer {
  return json(200, masked(ownLocation(business, req), readMask(req)))
}

function readMask(req: ApiRequest): string[] {
  const mask = (req.query.get('readMask') ?? '').split(',').filter((one) => one !== '')
  if (mask.length === 0) throw badField('read_mask', 'Field is required')
  if (mask.every((path) => FIELDS.has(path.split('.')[0] ?? ''))) return mask
  throw badField('read_mask', 'Invalid field mask provided')
}

/** The members that the mask names; `metadata.placeId` names one inside. */
function masked(location: BusinessLocation, mask: readonly string[]): Record<string, unknown> {
  const whole = present(location)
  const shown: Record<string, unknown> = {}
  for (const path of mask) {
    const [field = '', inner] = path.split('.')
    const value = whole[field]
    if (inner === undefined || !isRecord(value)) shown[field] = value
    else shown[field] = { ...(isRecord(shown[field]) ? shown[field] : {}), [inner]: value[inner] }
  }
  return shown
}

function present({ id, title, city, voice_of_merchant }: BusinessLocation) {
  const placeId = `ChIJ${Buffer.from(id).toString('base64url').slice(0, 23)}`
  const may = voice_of_merchant ? { hasVoiceOfMerchant: true, canOperateLocalPost: true } : {}
  const whole: Record<string, unknown> = {
    name: `locations/${id}`,
    languageCode: 'de',
    title,
    websiteUri: 'https://example.com/',
    storefrontAddress: {
      regionCode: 'DE',
      languageCode: 'de',
      locality: city,
      addressLines: ['Hauptstraße 1'],
    },
    // Booleans that are false are absent.
    metadata: {
      ...may,
      placeId,
      mapsUri: `https://maps.google.com/maps?cid=${id}`,
      newReviewUri: `https://search.google.com/local/writereview?placeid=${placeId}`,
    },
  }
  return whole
}
