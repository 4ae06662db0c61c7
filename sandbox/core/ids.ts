/** Strictly increasing 64-bit ids with the time in the upper bits, as decimal strings. */
export class SnowflakeIds {
  readonly #epochMs: bigint
  readonly #shift: bigint
  #last: bigint

  constructor(options: { epochMs: number; shiftBits: number; last?: string }) {
    this.#epochMs = BigInt(options.epochMs)
    this.#shift = BigInt(options.shiftBits)
    this.#last = BigInt(options.last ?? 0)
  }

  next(nowMs: number): string {
    const fromClock = (BigInt(nowMs) - this.#epochMs) << this.#shift
    this.#last = fromClock > this.#last ? fromClock : this.#last + 1n
    return this.#last.toString()
  }
}

/** Orders decimal id strings as numbers: negative when `left` is older. */
export function compareIds(left: string, right: string): number {
  if (left.length !== right.length) return left.length - right.length
  if (left === right) return 0
  return left < right ? -1 : 1
}

/** The greatest id in a list; undefined when it is empty. */
export function latestId(ids: Iterable<string>): string | undefined {
  let latest: string | undefined
  for (const id of ids) if (latest === undefined || compareIds(id, latest) > 0) latest = id
  return latest
}
