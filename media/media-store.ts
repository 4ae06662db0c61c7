/** Bytes from `start`, which is included, to `end`, which is not. */
export interface ByteRange {
  start: number
  end: number
}

/** A file that has come in completely and is kept nowhere yet. */
export interface StagedFile {
  path: string
  bytes: number
  /** Hex digest of the whole file. */
  sha256: string
  /** Removes it; after `keep` too. Never throws. */
  discard(): Promise<void>
}

/** Where the files of posts are kept. Keys are made by `storageKeyOf`. */
export interface MediaStore {
  /**
   * Writes a stream into a file of its own while hashing it. Throws MediaTooLarge at the first byte
   * too many; whatever the stream throws, nothing is left behind.
   */
  receive(stream: AsyncIterable<Uint8Array>, maxBytes: number): Promise<StagedFile>
  /** Puts the file in place under its key, durably; does nothing when it is there already. */
  keep(staged: StagedFile, key: string): Promise<void>
  /** Streams in parts of fixed size. Throws MediaMissing when the store has no such file. */
  read(key: string, range: ByteRange): AsyncIterable<Uint8Array>
  exists(key: string): Promise<boolean>
  /** Does nothing when there is no such file. */
  remove(key: string): Promise<void>
  close(): Promise<void>
}

export class MediaTooLarge extends Error {
  readonly maxBytes: number

  constructor(maxBytes: number) {
    super(`The file has more than ${maxBytes} bytes.`)
    this.name = 'MediaTooLarge'
    this.maxBytes = maxBytes
  }
}

/** A row names a file that the store does not have, or not in full: an operator's concern. */
export class MediaMissing extends Error {
  constructor(key: string) {
    super(`The media store does not have ${key} in full.`)
    this.name = 'MediaMissing'
  }
}

/** The same bytes of one tenant have one key; tenants share none. */
export function storageKeyOf(tenantId: string, sha256: string): string {
  return `${tenantId}/${sha256}`
}
