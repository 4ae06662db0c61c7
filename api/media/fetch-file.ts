import { types } from 'node:util'
import { MediaTooLarge, type StagedFile } from '../../media/media-store.ts'
import type { Requester } from '../contract/operation.ts'
import { tooLargeDetail } from '../http/read-upload.ts'

type FetchErrors = 'media_unreachable' | 'media_too_large'
type Download = Awaited<ReturnType<Requester<never>['deps']['registry']['http']['download']>>

const MAX_REDIRECTS = 3
/** From the first request to the last byte. */
const TIMEOUT_MS = 5 * 60_000
const REDIRECTS = [301, 302, 303, 307, 308]

/**
 * Fetches a file that a user named. Every hop passes the host guard, because a public address may
 * lead to a private one; the file is never in memory.
 */
export async function fetchFile(
  requester: Requester<FetchErrors>,
  address: URL,
): Promise<StagedFile> {
  const deadline = Date.now() + TIMEOUT_MS
  let url = address
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const answer = await ask(requester, url, deadline - Date.now())
    const location = REDIRECTS.includes(answer.status) ? answer.headers.get('location') : null
    if (location === null) return receive(requester, answer)
    answer.cancel()
    const next = URL.parse(location, String(url))
    if (next === null) throw unreachable(requester, 'It leads to an address that is none.')
    url = next
  }
  throw unreachable(requester, `It leads on more than ${MAX_REDIRECTS} times.`)
}

async function ask(
  requester: Requester<FetchErrors>,
  url: URL,
  timeoutMs: number,
): Promise<Download> {
  const { http } = requester.deps.registry
  try {
    return await http.download({
      url,
      timeoutMs: Math.max(1, timeoutMs),
      headers: { accept: '*/*' },
    })
  } catch (error) {
    throw unreachable(requester, wordsFor(error), error)
  }
}

async function receive(requester: Requester<FetchErrors>, answer: Download): Promise<StagedFile> {
  const { store, maxBytes } = requester.deps.media
  const refusal = refusalOf(requester, answer, maxBytes)
  if (refusal !== undefined) {
    answer.cancel()
    throw refusal
  }
  try {
    return await store.receive(answer.body, maxBytes)
  } catch (error) {
    if (error instanceof MediaTooLarge) throw tooLarge(requester, maxBytes)
    // Trouble with the disk is ours, not the address's.
    if (types.isNativeError(error) && 'syscall' in error) throw error
    throw unreachable(requester, wordsFor(error), error)
  }
}

function refusalOf(requester: Requester<FetchErrors>, answer: Download, maxBytes: number) {
  const { status, headers } = answer
  if (status !== 200) return unreachable(requester, `It answers ${status} in place of a file.`)
  // We asked for none: what came would not be the file itself.
  if (headers.has('content-encoding'))
    return unreachable(requester, 'It sends the file compressed.')
  const told = Number(headers.get('content-length') ?? 0)
  return told > maxBytes ? tooLarge(requester, maxBytes) : undefined
}

function tooLarge(requester: Requester<FetchErrors>, maxBytes: number) {
  return requester.fail('media_too_large', { detail: tooLargeDetail(maxBytes) })
}

function unreachable(requester: Requester<FetchErrors>, words: string, cause?: unknown) {
  const message = `The address cannot be used. ${words}`
  const errors = [{ path: 'url', code: 'media_unreachable', message }]
  return requester.fail('media_unreachable', { detail: message, errors, cause })
}

/** By the reason alone: what is behind a private address is nobody's business. */
function wordsFor(error: unknown): string {
  const reason = error instanceof Error && 'reason' in error ? error.reason : undefined
  switch (reason) {
    case 'host_refused':
      return 'It is not a public https address.'
    case 'dns':
      return 'There is no such host.'
    case 'timeout':
      return 'The file took too long to come.'
    default:
      return 'The host does not answer, or ends the answer before the file is complete.'
  }
}
