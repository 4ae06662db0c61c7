import { createReadStream, statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { MediaFacts } from '../../domain/media.ts'
import type { MediaSource } from '../../platforms/media.ts'
import type { MediaFile } from '../support/media-files.ts'

export interface FileSource extends MediaSource {
  /** Makes files known; `read` and `url` know no others. */
  add(...files: MediaFile[]): void
  /** Bytes that were read so far, over all files. */
  readonly bytesRead: number
  close(): Promise<void>
}

/** Files of a test as connectors see them, with a server for platforms that fetch by address. */
export async function startFileSource(): Promise<FileSource> {
  const paths = new Map<string, MediaFile>()
  let bytesRead = 0
  const server = createServer((req, res) => {
    const file = paths.get(/^\/([0-9a-f-]+)\./.exec(req.url ?? '')?.[1] ?? '')
    if (file === undefined) return res.writeHead(404).end()
    const { size } = statSync(file.path)
    const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(req.headers.range ?? '') ?? []
    const start = from === undefined ? 0 : Number(from)
    const end = to ? Number(to) : size - 1
    res.writeHead(from === undefined ? 200 : 206, {
      'content-type': file.facts.mimeType,
      'content-length': end - start + 1,
      'accept-ranges': 'bytes',
      ...(from === undefined ? {} : { 'content-range': `bytes ${start}-${end}/${size}` }),
    })
    if (req.method === 'HEAD') return res.end()
    return createReadStream(file.path, { start, end }).pipe(res)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    add: (...files) => {
      for (const file of files) paths.set(file.facts.id, file)
    },
    get bytesRead() {
      return bytesRead
    },
    async *read(media: MediaFacts, range = { start: 0, end: media.bytes }) {
      const path = paths.get(media.id)?.path
      if (path === undefined) throw new Error(`no file ${media.id}`)
      if (range.end <= range.start) return
      for await (const chunk of createReadStream(path, {
        start: range.start,
        end: range.end - 1,
      })) {
        bytesRead += chunk.length
        yield chunk
      }
    },
    exists: async (media) => paths.has(media.id),
    url: (media) => `http://127.0.0.1:${port}/${media.id}.${media.fileName.split('.').at(-1)}`,
    close: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
