import { createHash, randomUUID } from 'node:crypto'
import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A whole file that a platform holds. */
export interface ShelfFile {
  /** Name on the shelf. */
  name: string
  bytes: number
  /** Hex digest. */
  sha256: string
}

/**
 * Files that clients sent, on disk and not in memory. Reading and writing are synchronous, so that
 * handlers stay so; a file grows by parts of a few megabytes at most.
 */
export class MediaShelf {
  readonly #folder: string
  readonly #isTemporary: boolean

  /** Names by SHA-256 of whole files, so that the page can show what a post holds. */
  readonly #bySha256: Map<string, string>

  constructor(folder?: string, bySha256: Map<string, string> = new Map()) {
    this.#bySha256 = bySha256
    this.#isTemporary = folder === undefined
    this.#folder = folder ?? mkdtempSync(join(tmpdir(), 'clarion-sandbox-'))
    mkdirSync(this.#folder, { recursive: true })
  }

  /** An empty file to append to; names are ours, so nothing of a client becomes a path. */
  create(): string {
    const name = randomUUID()
    appendFileSync(this.pathOf(name), '')
    return name
  }

  pathOf(name: string): string {
    return join(this.#folder, name)
  }

  has(name: string): boolean {
    return existsSync(this.pathOf(name))
  }

  size(name: string): number {
    return statSync(this.pathOf(name)).size
  }

  append(name: string, bytes: Uint8Array): void {
    appendFileSync(this.pathOf(name), bytes)
  }

  /** Moves the content of one file to the end of another; the first is gone then. */
  appendFile(name: string, from: string): void {
    this.copy(name, from)
    this.discard(from)
  }

  /** Appends the content of one file to another and leaves the first. */
  copy(name: string, from: string): void {
    for (const chunk of chunksOf(this.pathOf(from))) this.append(name, chunk)
  }

  truncate(name: string, bytes: number): void {
    truncateSync(this.pathOf(name), bytes)
  }

  /** The file with its digest, which is computed here. */
  finish(name: string): ShelfFile {
    const hash = createHash('sha256')
    for (const chunk of chunksOf(this.pathOf(name))) hash.update(chunk)
    const sha256 = hash.digest('hex')
    this.#bySha256.set(sha256, name)
    return { name, bytes: this.size(name), sha256 }
  }

  /** The name of a finished file that is still there. */
  bySha256(sha256: string): string | undefined {
    const name = this.#bySha256.get(sha256)
    return name !== undefined && this.has(name) ? name : undefined
  }

  read(name: string): Buffer {
    return readFileSync(this.pathOf(name))
  }

  /** The first bytes, at most `bytes` of them. */
  head(name: string, bytes: number): Buffer {
    const file = openSync(this.pathOf(name), 'r')
    try {
      const start = Buffer.alloc(bytes)
      return start.subarray(0, readSync(file, start))
    } finally {
      closeSync(file)
    }
  }

  discard(name: string): void {
    rmSync(this.pathOf(name), { force: true })
  }

  /** Removes a temporary shelf. */
  close(): void {
    if (this.#isTemporary) rmSync(this.#folder, { recursive: true, force: true })
  }
}

const CHUNK_BYTES = 1 << 20

function* chunksOf(path: string): Generator<Buffer> {
  const file = openSync(path, 'r')
  try {
    for (;;) {
      const chunk = Buffer.alloc(CHUNK_BYTES)
      const count = readSync(file, chunk)
      if (count === 0) return
      yield chunk.subarray(0, count)
    }
  } finally {
    closeSync(file)
  }
}
