import { z } from 'zod'
import { type PlatformFailure, rejected, transient } from '../../domain/failures.ts'
import type { Media } from '../../domain/media.ts'
import { ask, type Dialect } from '../ask.ts'
import type { Access, PlatformHosts } from '../call.ts'
import type { PublishCall } from '../connector.ts'
import type { HttpAnswer } from '../http.ts'
import { mediaBody } from '../media.ts'
import { multipart } from '../multipart.ts'
import { writeReddit } from './client.ts'
import { REDDIT_DIALECT } from './errors.ts'

/** A file at Reddit; its address is public and grants nothing. */
export const assetSchema = z.object({ asset_id: z.string(), url: z.string() })

export type Asset = z.output<typeof assetSchema>

const leaseSchema = z.object({
  args: z.object({
    action: z.string().min(1),
    fields: z.array(z.object({ name: z.string(), value: z.string() })),
  }),
  asset: z.object({ asset_id: z.string().min(1) }),
})

type Lease = z.output<typeof leaseSchema>

/** Slower than this an upload is given up: bytes a millisecond. */
const LEAST_SPEED = 250
const LEAST_TIMEOUT_MS = 2 * 60_000

/**
 * Leases a place at Reddit's storage and puts the file there in one stream. The fields of a lease
 * sign the upload, so they are used at once and kept nowhere; a broken upload takes a new lease.
 */
export async function uploadFile(
  hosts: PlatformHosts,
  file: Media,
  access: Access,
  call: PublishCall,
): Promise<Asset> {
  const { args, asset } = await leaseFor(hosts, file, access, call)
  // Without a scheme, which is that of the API then.
  const action = URL.parse(args.action, hosts.apiBaseUrl)
  const key = args.fields.find(({ name }) => name === 'key')?.value
  if (action === null || key === undefined) throw unreadable()
  await putFile(action, args.fields, file, call)
  return { asset_id: asset.asset_id, url: `${action.href.replace(/\/$/, '')}/${key}` }
}

async function leaseFor(
  hosts: PlatformHosts,
  file: Media,
  access: Access,
  call: PublishCall,
): Promise<Lease> {
  const form = new URLSearchParams({ filepath: file.fileName, mimetype: file.mimeType })
  const path = '/api/media/asset.json'
  return writeReddit(hosts, { path, form }, leaseSchema, access, { call })
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html: the file comes last. */
async function putFile(
  action: URL,
  fields: Lease['args']['fields'],
  file: Media,
  call: PublishCall,
): Promise<void> {
  const { body, contentType } = multipart(
    fields.map(({ name, value }) => [name, value] as const),
    {
      name: 'file',
      fileName: file.fileName,
      mimeType: file.mimeType,
      body: mediaBody(call.media, file),
    },
  )
  // Named by Reddit's answer, so it passes the host guard.
  const request = {
    method: 'POST' as const,
    url: action,
    headers: { 'content-type': contentType },
    body,
    timeoutMs: Math.max(LEAST_TIMEOUT_MS, body.bytes / LEAST_SPEED),
  }
  await ask(STORAGE_DIALECT, request, call)
}

const STORAGE_DIALECT: Dialect = { ...REDDIT_DIALECT, failureOf: storageFailure }

/** Answers are XML; a lease lives for minutes and the next try takes a new one. */
function storageFailure({ status: httpStatus, text }: HttpAnswer): PlatformFailure {
  if (/<Code>EntityTooLarge<\/Code>/.test(text) || httpStatus === 413) {
    const most = /<MaxSizeAllowed>(\d+)<\/MaxSizeAllowed>/.exec(text)?.[1]
    const limit = most ? ` It allows ${Math.floor(Number(most) / 1_000_000)} MB.` : ''
    const message = `Reddit refused the file: it is too large.${limit}`
    return rejected({ code: 'reddit_media_too_large', message, httpStatus })
  }
  const message = 'Reddit’s storage did not take the file; it is sent again.'
  return transient({ code: 'reddit_upload_failed', message, httpStatus })
}

function unreadable(): PlatformFailure {
  const message = 'Reddit answered in a form that Clarion does not know.'
  return transient({ code: 'unreadable_answer', message })
}
