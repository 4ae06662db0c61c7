import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import type { MediaShelf, ShelfFile } from '../core/shelf.ts'
import { inspect, type MediaInfo } from './inspect.ts'

/** A file that a platform fetched from an address of the client's. */
export type Pulled =
  | { ok: true; file: ShelfFile; info: MediaInfo; contentType: string }
  /** `status` 0: the host did not answer. */
  | { ok: false; status: number }

const MAX_PULL_MS = 120_000

/** Fetches as platforms do: no cookies, no login, and redirects only where the platform follows. */
export async function pull(
  shelf: MediaShelf,
  url: string,
  { followRedirects = true }: { followRedirects?: boolean } = {},
): Promise<Pulled> {
  const redirect = followRedirects ? 'follow' : 'manual'
  const signal = AbortSignal.timeout(MAX_PULL_MS)
  const name = shelf.create()
  try {
    const answer = await fetch(url, { redirect, signal })
    if (!answer.ok || answer.body === null) {
      shelf.discard(name)
      await answer.body?.cancel()
      return { ok: false, status: answer.status }
    }
    await save(answer.body, shelf.pathOf(name))
    const file = shelf.finish(name)
    const info = await inspect(shelf.pathOf(name))
    return { ok: true, file, info, contentType: answer.headers.get('content-type') ?? '' }
  } catch {
    // Refused, reset, timed out, no such host: to a platform all the same.
    shelf.discard(name)
    return { ok: false, status: 0 }
  }
}

async function save(body: ReadableStream<Uint8Array>, path: string): Promise<void> {
  const out = createWriteStream(path)
  for await (const chunk of Readable.fromWeb(body)) {
    if (!out.write(chunk)) await once(out, 'drain')
  }
  out.end()
  await once(out, 'finish')
}
