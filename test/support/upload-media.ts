import { createReadStream, statSync } from 'node:fs'
import { basename } from 'node:path'
import { multipart } from '../../platforms/multipart.ts'
import type { Stack } from './stack.ts'

/** Uploads a file through the API, streamed; answers its id. */
export async function uploadMedia(
  { apiProcess, key }: Pick<Stack, 'apiProcess' | 'key'>,
  path: string,
  mimeType: string,
): Promise<string> {
  const body = { bytes: statSync(path).size, open: () => createReadStream(path) }
  const form = multipart([], { name: 'file', fileName: basename(path), mimeType, body })
  const answer = await fetch(`${apiProcess.url}/v1/media`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': form.contentType,
      'content-length': String(form.body.bytes),
      'idempotency-key': crypto.randomUUID(),
    },
    body: ReadableStream.from(form.body.open()),
    duplex: 'half',
  })
  const json = Object(await answer.json())
  if (!answer.ok) throw new Error(`upload refused: ${answer.status} ${JSON.stringify(json)}`)
  return String(json.id)
}
