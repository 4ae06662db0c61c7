import { copyFile, link, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { codeOf } from './errno.ts'
import { type ByteRange, MediaMissing, type MediaStore, type StagedFile } from './media-store.ts'
import { openStaging } from './staging.ts'

/** `{tenant}/{sha256}`: nothing that could lead out of the folder. */
const KEY = /^[0-9a-f-]{36}\/[0-9a-f]{64}$/
/** One read: what a connector or a visitor holds in memory at a time. */
const PART_BYTES = 256 * 1024

/**
 * Files below one folder, which all processes of an installation share. A file appears under its key
 * complete or not at all.
 */
export async function openDiskStore(folder: string): Promise<MediaStore> {
  const staging = await openStaging(join(folder, 'staging'))
  const pathOf = (key: string) => {
    if (!KEY.test(key)) throw new TypeError('A storage key is {tenant}/{sha256}.')
    return join(folder, 'files', key)
  }
  return {
    receive: staging.receive,
    keep: (staged, key) => place(staged, pathOf(key)),
    read: (key, range) => readParts(key, pathOf(key), range),
    exists: (key) => isFile(pathOf(key)),
    remove: async (key) => {
      const path = pathOf(key)
      await rm(path, { force: true })
      await syncFolder(dirname(path))
    },
    close: async () => undefined,
  }
}

async function place(staged: StagedFile, path: string): Promise<void> {
  if (await isFile(path)) return
  const made = await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  if (made !== undefined) await syncFolder(dirname(made))
  try {
    // A second name for the staged file: it stays there should this have to be done again.
    await link(staged.path, path)
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return
    await copyInto(staged.path, path)
  }
  await syncFolder(dirname(path))
}

/** For file systems without hard links. */
async function copyInto(from: string, path: string): Promise<void> {
  const draft = `${from}.copy`
  await copyFile(from, draft)
  await syncFile(draft)
  await rename(draft, path)
}

async function* readParts(
  key: string,
  path: string,
  { start, end }: ByteRange,
): AsyncIterable<Uint8Array> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw codeOf(error) === 'ENOENT' ? new MediaMissing(key) : error
  })
  try {
    for (let at = start; at < end; ) {
      // A buffer of its own for each part: the reader may keep it while the next one is read.
      const part = Buffer.allocUnsafeSlow(Math.min(PART_BYTES, end - at))
      const { bytesRead } = await file.read(part, 0, part.length, at)
      if (bytesRead === 0) throw new MediaMissing(key)
      at += bytesRead
      yield part.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile()
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw error
  }
}

/** A new name is durable only with its folder. */
async function syncFolder(path: string): Promise<void> {
  try {
    await syncFile(path)
  } catch (error) {
    // Nothing was ever kept there.
    if (codeOf(error) !== 'ENOENT') throw error
  }
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}
