import { createReadStream, statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { MediaFile } from '../../test/support/media-files.ts'

/** A web server with the files of a test, for platforms that fetch by address. */
export interface FileHost {
  /** The address of a file, which is there from now on. */
  urlOf(file: MediaFile): string
  close(): Promise<void>
}

export async function startFileHost(): Promise<FileHost> {
  const files = new Map<string, MediaFile>()
  const server = createServer((req, res) => {
    const file = files.get(req.url ?? '')
    if (file === undefined) return res.writeHead(404).end()
    const headers = {
      'content-type': file.facts.mimeType,
      'content-length': statSync(file.path).size,
    }
    return createReadStream(file.path).pipe(res.writeHead(200, headers))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    urlOf: (file) => {
      const path = `/${file.facts.id}`
      files.set(path, file)
      return `http://127.0.0.1:${port}${path}`
    },
    close: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
