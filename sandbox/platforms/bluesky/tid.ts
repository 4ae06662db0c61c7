const ALPHABET = '234567abcdefghijklmnopqrstuvwxyz'

let lastMicros = 0

/** A timestamp identifier, https://atproto.com/specs/tid : strictly increasing. */
export function nextTid(nowMs: number): string {
  lastMicros = Math.max(nowMs * 1000, lastMicros + 1)
  let value = (BigInt(lastMicros) << 10n) | 1n
  let tid = ''
  for (let digit = 0; digit < 13; digit++) {
    tid = ALPHABET[Number(value & 31n)] + tid
    value >>= 5n
  }
  return tid
}
