import { type FileWindow, withFileWindow } from './file-window.ts'

/**
 * Whether the outermost boxes of an MP4 or QuickTime file end where the file does. What they hold is
 * read by who probes it. ISO/IEC 14496-12, 4.2.
 */
export function isIsoFileWhole(path: string): Promise<boolean> {
  return withFileWindow(path, async (file) => {
    let at = 0
    while (at < file.bytes) {
      const size = await boxBytes(file, at)
      if (size === undefined || at + size > file.bytes) return false
      at += size
    }
    return true
  })
}

/** Undefined: no box begins here. */
async function boxBytes(file: FileWindow, at: number): Promise<number | undefined> {
  const header = await file.read(at, 16)
  if (header.length < 8) return undefined
  const size = header.readUInt32BE(0)
  // 0: until the end of the file; 1: the size follows the name in 64 bits.
  if (size === 0) return file.bytes - at
  if (size !== 1) return size < 8 ? undefined : size
  return header.length < 16 ? undefined : Number(header.readBigUInt64BE(8))
}

const SEGMENT = 0x18538067

/**
 * Whether a WebM file is as long as its segment says; segments of unknown length, as recorders write
 * them, say nothing. https://www.rfc-editor.org/rfc/rfc8794#section-4
 */
export function isWebmWhole(path: string): Promise<boolean> {
  return withFileWindow(path, async (file) => {
    const header = await element(file, 0)
    if (header?.bytes === undefined) return false
    const segment = await element(file, header.dataAt + header.bytes)
    if (segment?.id !== SEGMENT) return false
    return segment.bytes === undefined || segment.dataAt + segment.bytes <= file.bytes
  })
}

interface Element {
  id: number
  dataAt: number
  /** Undefined: not told. */
  bytes: number | undefined
}

async function element(file: FileWindow, at: number): Promise<Element | undefined> {
  const head = await file.read(at, 12)
  const idBytes = vintBytes(head.at(0))
  const sizeBytes = idBytes === undefined ? undefined : vintBytes(head.at(idBytes))
  if (idBytes === undefined || sizeBytes === undefined) return undefined
  if (idBytes > 4 || idBytes + sizeBytes > head.length) return undefined
  const told = head.subarray(idBytes, idBytes + sizeBytes)
  // All ones: unknown.
  const ones = 2 ** (7 * sizeBytes) - 1
  const value = told.reduce((sum, byte) => sum * 256 + byte, 0) - 2 ** (7 * sizeBytes)
  return {
    id: head.readUIntBE(0, idBytes),
    dataAt: at + idBytes + sizeBytes,
    bytes: value === ones ? undefined : value,
  }
}

/** Length of a number whose first byte this is: by its leading zeros. */
function vintBytes(first: number | undefined): number | undefined {
  return first === undefined || first === 0 ? undefined : Math.clz32(first) - 23
}
