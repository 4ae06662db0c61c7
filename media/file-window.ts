import { type FileHandle, open } from 'node:fs/promises'

const WINDOW_BYTES = 64 * 1024

/** Random access to a file through one small buffer. */
export interface FileWindow {
  readonly bytes: number
  /** At most 64 KiB from `at` on; fewer at the end of the file. Valid until the next call. */
  read(at: number, length: number): Promise<Buffer>
  /** A copy of its own, past the buffer: several may be asked for at a time. */
  copy(begin: number, end: number): Promise<Uint8Array>
}

export async function withFileWindow<T>(
  path: string,
  work: (window: FileWindow) => Promise<T>,
): Promise<T> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    return await work(makeWindow(file, size))
  } finally {
    await file.close()
  }
}

function makeWindow(file: FileHandle, bytes: number): FileWindow {
  const buffer = Buffer.alloc(WINDOW_BYTES)
  let from = 0
  let until = 0
  return {
    bytes,
    async read(at, length) {
      const end = Math.min(at + Math.min(length, WINDOW_BYTES), bytes)
      if (at >= end) return buffer.subarray(0, 0)
      if (at < from || end > until) {
        const { bytesRead } = await file.read(buffer, 0, WINDOW_BYTES, at)
        from = at
        until = at + bytesRead
      }
      return buffer.subarray(at - from, Math.min(end, until) - from)
    },
    async copy(begin, end) {
      const copy = new Uint8Array(end - begin)
      for (let at = begin; at < end; ) {
        const { bytesRead } = await file.read(copy, at - begin, end - at, at)
        if (bytesRead === 0) throw new Error('The file ends earlier.')
        at += bytesRead
      }
      return copy
    },
  }
}
