import { copyFileSync } from 'node:fs'
import type { MediaShelf } from '../core/shelf.ts'
import { inspect, type MediaInfo } from './inspect.ts'

/** Looks into a file as it will be with its last part at `offset`, and leaves both as they are. */
export async function inspectWhole(
  shelf: MediaShelf,
  name: string,
  lastPart: string,
  offset = shelf.size(name),
): Promise<MediaInfo> {
  if (offset === 0) return inspect(shelf.pathOf(lastPart))
  const whole = shelf.create()
  const part = shelf.create()
  try {
    copyFileSync(shelf.pathOf(name), shelf.pathOf(whole))
    shelf.truncate(whole, offset)
    copyFileSync(shelf.pathOf(lastPart), shelf.pathOf(part))
    shelf.appendFile(whole, part)
    return await inspect(shelf.pathOf(whole))
  } finally {
    shelf.discard(whole)
    shelf.discard(part)
  }
}
