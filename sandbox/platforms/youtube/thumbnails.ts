import { type Answer, json } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import type { MediaInfo } from '../../media/inspect.ts'
import { inspect } from '../../media/inspect.ts'
import { callerOf, etag, UPLOAD_SCOPES, WRITE_UNITS } from './access.ts'
import { refusal } from './errors.ts'
import { ownVideo } from './own-video.ts'
import type { Youtube } from './store.ts'

/** https://developers.google.com/youtube/v3/docs/thumbnails/set */
const MAX_BYTES = 2 * 1024 * 1024
const TYPES = ['image/jpeg', 'image/png']
const DOMAIN = 'youtube.thumbnail'
/** A handle with it stands for a channel whose phone number is not verified. */
const NO_PHONE = /^nophone/i
const IMAGE = 'thumbnail'

/** A picture on the shelf, whichever way it was sent. */
interface Picture {
  name: string
  info: MediaInfo
}

const pictures = new WeakMap<ApiRequest['found'], Picture>()

/** Finds the picture: the body, or the last part of a multipart/related one. */
export async function inspectThumbnail({ site }: Youtube, req: ApiRequest): Promise<void> {
  const { shelf } = site.store.state
  const name = req.upload?.name ?? shelvedPart(shelf, req) ?? [...req.files.values()][0]?.name
  if (name === undefined) return
  const info = await inspect(shelf.pathOf(name))
  pictures.set(req.found, { name, info })
}

/** POST /upload/youtube/v3/thumbnails/set?videoId=&uploadType=media|multipart */
export function setThumbnail(youtube: Youtube, req: ApiRequest): Answer {
  const { channel } = callerOf(youtube.site, req, UPLOAD_SCOPES, WRITE_UNITS)
  const video = ownVideo(youtube, req.query.get('videoId') ?? '', channel)
  const uploadType = req.query.get('uploadType')
  if (uploadType !== null && !['media', 'multipart'].includes(uploadType)) {
    throw refusal(400, 'badRequest', `Upload type ${uploadType} is not in the sandbox.`, 'global')
  }
  if (NO_PHONE.test(channel.handle)) {
    const message =
      "The authenticated user doesn't have permissions to upload and set custom video thumbnails."
    throw refusal(403, 'forbidden', message, DOMAIN)
  }
  const { shelf } = youtube.site.store.state
  const picture = pictures.get(req.found)
  if (picture === undefined || shelf.size(picture.name) === 0) {
    const message = 'The request does not include the image content.'
    throw refusal(400, 'mediaBodyRequired', message, DOMAIN)
  }
  const { sha256, bytes } = shelf.finish(picture.name)
  if (bytes > MAX_BYTES) {
    throw refusal(400, 'failedPrecondition', 'The thumbnail is larger than 2 MB.', DOMAIN)
  }
  if (!TYPES.includes(picture.info.mimeType) || picture.info.broken === true) {
    throw refusal(400, IMAGE_FORMAT.reason, IMAGE_FORMAT.message, DOMAIN)
  }
  video.thumbnail = sha256
  const url = `https://i.ytimg.com/vi/${video.id}/${IMAGE}-${sha256.slice(0, 8)}.jpg`
  const items = [{ default: { url }, medium: { url }, high: { url } }]
  return json(200, { kind: 'youtube#thumbnailSetResponse', etag: etag(sha256), items })
}

const IMAGE_FORMAT = {
  reason: 'imageFormatUnsupported',
  message: 'The provided image content is in an unsupported format.',
}

/** The last part of RFC 2387, which holds the picture. */
function shelvedPart(
  shelf: Youtube['site']['store']['state']['shelf'],
  req: ApiRequest,
): string | undefined {
  const boundary = /^multipart\/related;.*boundary="?([^";]+)"?/i.exec(
    req.header('content-type') ?? '',
  )?.[1]
  if (boundary === undefined) return undefined
  const end = req.raw.lastIndexOf(`\r\n--${boundary}--`)
  const start = req.raw.lastIndexOf(`--${boundary}\r\n`)
  const body = req.raw.indexOf('\r\n\r\n', Math.max(start, 0))
  if (start < 0 || body < 0 || end < body) return undefined
  const name = shelf.create()
  shelf.append(name, req.raw.subarray(body + 4, end))
  return name
}
