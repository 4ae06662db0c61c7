import { type FileWindow, withFileWindow } from './file-window.ts'

const IMAGE = 0x2c
const EXTENSION = 0x21
const TRAILER = 0x3b

/**
 * Number of images of a GIF, or undefined when its blocks do not lead to the trailer: decoders show
 * what there is of a truncated GIF without a word.
 * https://www.w3.org/Graphics/GIF/spec-gif89a.txt
 */
export function countGifFrames(path: string): Promise<number | undefined> {
  return withFileWindow(path, async (file) => {
    const header = await file.read(0, 13)
    if (header.length < 13) return undefined
    let at = 13 + tableBytes(header.readUInt8(10))
    let frames = 0
    for (;;) {
      const kind = (await file.read(at, 1)).at(0)
      if (kind === TRAILER) return frames
      if (kind === IMAGE) frames++
      const next = await afterBlock(file, at, kind)
      if (next === undefined) return undefined
      at = next
    }
  })
}

async function afterBlock(
  file: FileWindow,
  at: number,
  kind: number | undefined,
): Promise<number | undefined> {
  if (kind === EXTENSION) return afterSubBlocks(file, at + 2)
  if (kind !== IMAGE) return undefined
  const descriptor = await file.read(at, 10)
  if (descriptor.length < 10) return undefined
  // One byte tells the size of the codes.
  return afterSubBlocks(file, at + 10 + tableBytes(descriptor.readUInt8(9)) + 1)
}

async function afterSubBlocks(file: FileWindow, start: number): Promise<number | undefined> {
  for (let at = start; ; ) {
    const size = (await file.read(at, 1)).at(0)
    if (size === undefined) return undefined
    at += size + 1
    if (size === 0) return at
  }
}

/** Of the colour table that the packed field announces. */
function tableBytes(packed: number): number {
  return packed & 0x80 ? 3 * 2 ** ((packed & 0x07) + 1) : 0
}
