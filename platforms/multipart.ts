import { randomBytes } from 'node:crypto'
import type { BodyStream } from './http-types.ts'

/** The one file of a multipart form; it comes after all fields, as S3 wants it. */
export interface FilePart {
  name: string
  fileName: string
  mimeType: string
  body: BodyStream
}

/** A `multipart/form-data` body of known length whose file is streamed (RFC 7578). */
export function multipart(
  fields: readonly (readonly [name: string, value: string])[],
  file: FilePart,
): { body: BodyStream; contentType: string } {
  const boundary = `clarion-${randomBytes(16).toString('hex')}`
  const head = Buffer.from(
    fields.map(([name, value]) => fieldOf(boundary, name, value)).join('') +
      `--${boundary}\r\ncontent-disposition: form-data; name="${quoted(file.name)}"; ` +
      `filename="${quoted(file.fileName)}"\r\ncontent-type: ${file.mimeType}\r\n\r\n`,
  )
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`)
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    body: {
      bytes: head.length + file.body.bytes + tail.length,
      open: () => around(head, file.body, tail),
    },
  }
}

function fieldOf(boundary: string, name: string, value: string): string {
  return `--${boundary}\r\ncontent-disposition: form-data; name="${quoted(name)}"\r\n\r\n${value}\r\n`
}

/** As browsers write names: https://html.spec.whatwg.org/#multipart-form-data */
function quoted(name: string): string {
  return name.replace(/"/g, '%22').replace(/\r/g, '%0D').replace(/\n/g, '%0A')
}

async function* around(head: Buffer, body: BodyStream, tail: Buffer): AsyncIterable<Uint8Array> {
  yield head
  yield* body.open()
  yield tail
}
