import { transportFailure } from '../ask.ts'
import type { Call } from '../call.ts'
import { type Download, HttpNotSent, HttpOutcomeUnknown } from '../http.ts'

const MAX_REDIRECTS = 4
const TIMEOUT_MS = 10_000

export interface Wanted {
  accept: string
  /** What is longer is cut. */
  maxBytes: number
}

export interface Fetched {
  /** Where redirects have led. */
  url: URL
  mimeType: string
  /** As the answer names it; UTF-8 where it names none. */
  charset: string
  bytes: Uint8Array
  isCut: boolean
}

/**
 * A page or picture of the open web. Every hop passes the host guard of user-given addresses.
 * Undefined when there is nothing to be had: a card without a preview is better than no post.
 */
export async function fetchPage(
  from: URL,
  wanted: Wanted,
  call: Call,
): Promise<Fetched | undefined> {
  try {
    return await follow(from, wanted, call)
  } catch (error) {
    const isTrouble = error instanceof HttpNotSent || error instanceof HttpOutcomeUnknown
    // A publish that is withdrawn must end here and not go on without the preview.
    if (isTrouble && !call.signal.aborted) return undefined
    throw transportFailure('The linked page', error, 'repeatable')
  }
}

async function follow(from: URL, wanted: Wanted, call: Call): Promise<Fetched | undefined> {
  let url = from
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const headers = { accept: wanted.accept }
    const request = { url, headers, timeoutMs: TIMEOUT_MS, signal: call.signal }
    const download = await call.http.download(request)
    if (download.status === 200) return { url, ...(await read(download, wanted)) }
    download.cancel()
    const location = download.headers.get('location')
    const next = location === null ? null : URL.parse(location, url.href)
    if (next === null || !/^https?:$/.test(next.protocol)) return undefined
    url = next
  }
  return undefined
}

async function read(download: Download, { maxBytes }: Wanted): Promise<Omit<Fetched, 'url'>> {
  const contentType = download.headers.get('content-type') ?? ''
  const mimeType = contentType.split(';')[0]?.trim().toLowerCase() ?? ''
  const charset = /charset="?([\w-]+)/i.exec(contentType)?.[1] ?? 'utf-8'
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of download.body) {
    size += chunk.length
    chunks.push(chunk)
    if (size > maxBytes) break
  }
  download.cancel()
  const bytes = Buffer.concat(chunks).subarray(0, maxBytes)
  return { mimeType, charset, bytes, isCut: size > maxBytes }
}
