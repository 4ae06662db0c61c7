import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { type Answer, json } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { authorizeWrite, authorOf } from './authors.ts'
import { VIDEO_BYTES } from './media-rules.ts'
import { badRequest } from './post-body.ts'
import type { LinkedinMedia, LinkedinStore } from './store.ts'

/** https://learn.microsoft.com/linkedin/marketing/community-management/shares/videos-api */
const PART_BYTES = 4_194_304
const UPLOAD_LIFETIME_MS = 24 * 3_600_000
const URN_PREFIX = { image: 'C4E10AQ', document: 'D4E1FAQ', video: 'C5F10AQ' }

const initializeBody = z.strictObject({
  initializeUploadRequest: z.strictObject({
    owner: z.string(),
    fileSizeBytes: z.int().positive().optional(),
    uploadCaptions: z.boolean().optional(),
    uploadThumbnail: z.boolean().optional(),
  }),
})

type Asked = z.infer<typeof initializeBody>['initializeUploadRequest']

/** POST /rest/{images|documents|videos}?action=initializeUpload */
export function initializeUpload(kind: LinkedinMedia['kind']) {
  return (store: LinkedinStore, req: ApiRequest): Answer => {
    const token = authorizeWrite(store, req, `${kind}s.ACTION-initializeUpload`)
    if (req.query.get('action') !== 'initializeUpload') {
      throw badRequest('PARAM_INVALID', "Query parameter 'action' is invalid")
    }
    const parsed = initializeBody.safeParse(req.body.kind === 'json' ? req.body.value : undefined)
    if (!parsed.success) {
      const [issue] = parsed.error.issues
      throw badRequest('MISSING_FIELD', `/${issue?.path.join('/')} :: ${issue?.message}`)
    }
    const asked = parsed.data.initializeUploadRequest
    const author = authorOf(store, token, asked.owner)
    const media = addMedia(store, { kind, owner: author.urn, accountId: token.account_id }, req)
    return json(200, {
      value: kind === 'video' ? offerParts(store, req, media, asked) : offerOne(store, req, media),
    })
  }
}

function addMedia(
  store: LinkedinStore,
  of: { kind: LinkedinMedia['kind']; owner: string; accountId: string },
  req: ApiRequest,
): LinkedinMedia {
  const id = `${URN_PREFIX[of.kind]}${randomBytes(12).toString('base64url')}`
  const media: LinkedinMedia = {
    urn: `urn:li:${of.kind}:${id}`,
    kind: of.kind,
    owner: of.owner,
    account_id: of.accountId,
    parts: [],
    file: null,
    sha256: '',
    status: 'WAITING_UPLOAD',
    fault: null,
    duration_ms: 0,
    expires_at_ms: req.nowMs + UPLOAD_LIFETIME_MS,
  }
  store.media.set(media.urn, media)
  return media
}

function offerOne(store: LinkedinStore, req: ApiRequest, media: LinkedinMedia): unknown {
  const uploadUrl = openUpload(store, req, media, 'whole')
  return { uploadUrlExpiresAt: media.expires_at_ms, uploadUrl, [media.kind]: media.urn }
}

/** The thumbnail and the captions have addresses of their own. */
function offerParts(
  store: LinkedinStore,
  req: ApiRequest,
  media: LinkedinMedia,
  asked: Asked,
): unknown {
  const size = asked.fileSizeBytes
  if (size === undefined) throw badRequest('MISSING_FIELD', '/fileSizeBytes :: is required')
  if (size < VIDEO_BYTES.min || size > VIDEO_BYTES.max) {
    throw badRequest('INVALID_VALUE_FOR_FIELD', '/fileSizeBytes :: must be 75 KB to 500 MB')
  }
  const starts = Array.from({ length: Math.ceil(size / PART_BYTES) }, (_, at) => at * PART_BYTES)
  const uploadInstructions = starts.map((firstByte, index) => {
    const lastByte = Math.min(firstByte + PART_BYTES, size) - 1
    media.parts.push({ bytes: lastByte - firstByte + 1, file: null, etag: null })
    return { uploadUrl: openUpload(store, req, media, index), firstByte, lastByte }
  })
  const extra = (wanted: boolean | undefined, name: 'thumbnail' | 'captions') =>
    wanted === true ? { [`${name}UploadUrl`]: openUpload(store, req, media, name) } : {}
  return {
    uploadUrlsExpireAt: media.expires_at_ms,
    video: media.urn,
    uploadInstructions,
    uploadToken: '',
    ...extra(asked.uploadThumbnail, 'thumbnail'),
    ...extra(asked.uploadCaptions, 'captions'),
  }
}

/** Whoever has the address may upload, so it is a secret. */
function openUpload(
  store: LinkedinStore,
  req: ApiRequest,
  media: LinkedinMedia,
  part: number | 'whole' | 'thumbnail' | 'captions',
): string {
  const key = store.state.secrets.issue('linkedin_upload')
  store.uploads.set(key, { urn: media.urn, part })
  return `${req.origin}${req.mount}/dms-uploads/${key}`
}
