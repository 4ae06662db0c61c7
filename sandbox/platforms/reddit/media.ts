import { randomBytes } from 'node:crypto'
import { type Answer, json, Refusal } from '../../http/answer.ts'
import { fields, textField } from '../../http/body.ts'
import { escapeHtml } from '../../http/html.ts'
import type { ApiRequest } from '../../http/request.ts'
import { inspect } from '../../media/inspect.ts'
import { plainError } from './errors.ts'
import type { RedditLease, RedditStore } from './store.ts'
import { callerOf } from './tokens.ts'

/** Where the storage answers below Reddit's base URL; a host of its own in reality. */
export const STORAGE = '/media-upload'
/** https://support.reddithelp.com/hc/en-us/articles/204511829 */
const MAX_IMAGE_BYTES = 20 * 1024 * 1024
const MAX_VIDEO_BYTES = 1024 ** 3
const TYPES = ['image/png', 'image/jpeg', 'image/gif', 'video/mp4', 'video/quicktime']
const LEASE_LIFETIME_MS = 3_600_000
const FILE = 'file'

/** POST /api/media/asset.json: what an upload to the storage must look like. */
export function leaseMedia(store: RedditStore, req: ApiRequest): Answer {
  const account = callerOf(store, req, 'submit')
  const mimeType = textField(req.body, 'mimetype') ?? ''
  const path = textField(req.body, 'filepath') ?? ''
  const wrong = path === '' ? 'filepath' : TYPES.includes(mimeType) ? undefined : 'mimetype'
  if (wrong !== undefined) {
    const explanation = `the ${wrong} is missing or not supported`
    return plainError(400, { fields: [wrong], explanation, reason: 'BAD_REQUEST' })
  }
  const asset_id = randomBytes(9).toString('hex').slice(0, 13)
  const key = `${mimeType.startsWith('video/') ? 'rte_videos' : 'rte_images'}/${asset_id}`
  const form = formOf(store, key, mimeType)
  store.leases.set(key, {
    asset_id,
    account_id: account.account_id,
    mime_type: mimeType,
    fields: form,
    expires_at_ms: req.nowMs + LEASE_LIFETIME_MS,
    file: null,
  })
  // Without a scheme, as Reddit sends it.
  const action = `${req.origin.replace(/^https?:/, '')}${req.mount}${STORAGE}`
  return json(200, {
    args: { action, fields: Object.entries(form).map(([name, value]) => ({ name, value })) },
    asset: {
      asset_id,
      processing_state: 'incomplete',
      payload: { filepath: path },
      websocket_url: websocketUrl(store, asset_id),
    },
  })
}

/** Never answers in the sandbox: clients have to look into the listing. */
export function websocketUrl({ state }: RedditStore, assetId: string): string {
  const secret = state.secrets.issue('reddit_websocket')
  return `wss://ws-sandbox.wss.redditmedia.com/rte_images/${assetId}?m=${secret}`
}

/** Looks into the file of an upload form. */
export async function inspectFile({ state }: RedditStore, req: ApiRequest): Promise<void> {
  const file = req.files.get(FILE)
  if (file === undefined) return
  req.found.set(FILE, await inspect(state.shelf.pathOf(file.name)))
}

/** POST to the storage: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html */
export function storeFile(store: RedditStore, req: ApiRequest): Answer {
  const file = req.files.get(FILE)
  if (file === undefined) {
    throw storageError(400, 'InvalidArgument', 'POST requires exactly one file upload per request.')
  }
  const sent = fields(req.body)
  const lease = store.leases.get(typeof sent.key === 'string' ? sent.key : '')
  // What comes after the file is not read.
  if (lease === undefined || (file.fieldsBefore ?? 0) < Object.keys(lease.fields).length) {
    throw storageError(
      400,
      'InvalidArgument',
      "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields.",
    )
  }
  checkForm(lease, sent, req.nowMs)
  const max = lease.mime_type.startsWith('video/') ? MAX_VIDEO_BYTES : MAX_IMAGE_BYTES
  if (file.bytes > max) {
    const sizes = { ProposedSize: String(file.bytes), MaxSizeAllowed: String(max) }
    const words = 'Your proposed upload exceeds the maximum allowed size'
    throw storageError(400, 'EntityTooLarge', words, sizes)
  }
  const info = req.found.get(FILE)
  lease.file = {
    sha256: store.state.shelf.finish(file.name).sha256,
    mime_type: info?.mimeType ?? 'application/octet-stream',
    is_broken: info?.broken === true,
  }
  return stored(req, lease.fields.key ?? '')
}

/** The lease of a media address as `submit` takes it. */
export function leaseAt(store: RedditStore, url: string): RedditLease | undefined {
  if (!URL.canParse(url)) return undefined
  const path = decodeURIComponent(new URL(url).pathname)
  return store.leases.get(path.split('/').slice(-2).join('/'))
}

export function leaseOfAsset(store: RedditStore, assetId: unknown): RedditLease | undefined {
  return [...store.leases.values()].find((one) => one.asset_id === assetId)
}

function checkForm(lease: RedditLease, sent: Record<string, unknown>, nowMs: number): void {
  if (lease.expires_at_ms <= nowMs) {
    throw storageError(403, 'AccessDenied', 'Invalid according to Policy: Policy expired.')
  }
  const wrong = Object.keys(lease.fields).find((name) => sent[name] !== lease.fields[name])
  if (wrong === undefined) return
  const words = `Invalid according to Policy: Policy Condition failed: ["eq", "$${wrong}"]`
  throw storageError(403, 'AccessDenied', words)
}

function formOf({ state }: RedditStore, key: string, type: string): Record<string, string> {
  return {
    acl: 'private',
    key,
    'X-Amz-Credential': 'ASIASANDBOX/20261201/us-east-1/s3/aws4_request',
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Date': '20261201T000000Z',
    success_action_status: '201',
    'content-type': type,
    'x-amz-storage-class': 'STANDARD',
    'x-amz-meta-ext': type.split('/')[1] ?? '',
    policy: state.secrets.issue('reddit_policy'),
    'X-Amz-Signature': randomBytes(32).toString('hex'),
    'x-amz-security-token': state.secrets.issue('reddit_storage'),
  }
}

function stored(req: ApiRequest, key: string): Answer {
  const location = `${req.origin}${req.mount}${STORAGE}/${encodeURIComponent(key)}`
  const body = `<?xml version="1.0" encoding="UTF-8"?>
<PostResponse><Location>${escapeHtml(location)}</Location><Bucket>reddit-uploaded-media</Bucket>\
<Key>${escapeHtml(key)}</Key><ETag>"${randomBytes(16).toString('hex')}"</ETag></PostResponse>`
  return { status: 201, body, contentType: 'application/xml', headers: { location } }
}

function storageError(
  status: number,
  code: string,
  message: string,
  more: Record<string, string> = {},
): Refusal {
  const members = { Code: code, Message: message, ...more, RequestId: 'SANDBOX' }
  const inner = Object.entries(members).map(([name, text]) => {
    return `<${name}>${escapeHtml(text)}</${name}>`
  })
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${inner.join('')}</Error>`
  return new Refusal({ status, body, contentType: 'application/xml' })
}
