import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { MediaTooLarge, type StagedFile } from './media-store.ts'

export interface Staging {
  /** See MediaStore. */
  receive(stream: AsyncIterable<Uint8Array>, maxBytes: number): Promise<StagedFile>
}

/** Longer than any upload may take; what is older was left by a process that died. */
const STALE_MS = 24 * 3_600_000

/** Files on their way in, each under a random name in one folder, readable by nobody else. */
export async function openStaging(folder: string): Promise<Staging> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await removeStale(folder)
  return {
    receive: async (stream, maxBytes) => {
      const path = join(folder, randomUUID())
      const discard = () => discardFile(path)
      try {
        return { path, discard, ...(await writeHashed(path, stream, maxBytes)) }
      } catch (error) {
        await discard()
        throw error
      }
    },
  }
}

async function writeHashed(
  path: string,
  stream: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256')
  const file = await open(path, 'wx', 0o600)
  let bytes = 0
  try {
    for await (const chunk of stream) {
      bytes += chunk.length
      if (bytes > maxBytes) throw new MediaTooLarge(maxBytes)
      hash.update(chunk)
      await writeAll(file, chunk)
    }
    // Before the row exists: a power cut must not leave a row whose file is empty.
    await file.sync()
  } finally {
    await file.close()
  }
  return { bytes, sha256: hash.digest('hex') }
}

/** A write may take less than it was given, such as at the end of a disk. */
async function writeAll(file: Awaited<ReturnType<typeof open>>, chunk: Uint8Array): Promise<void> {
  for (let written = 0; written < chunk.length; ) {
    written += (await file.write(chunk, written)).bytesWritten
  }
}

async function removeStale(folder: string): Promise<void> {
  const oldest = Date.now() - STALE_MS
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    // Another process may remove it first.
    const found = await stat(path).catch(() => undefined)
    if (found !== undefined && found.mtimeMs < oldest) await discardFile(path)
  }
}

/** What cannot be removed now is removed as stale by a later start. */
async function discardFile(path: string): Promise<void> {
  await Promise.allSettled([rm(path, { force: true })])
}
