import { createHash } from 'node:crypto'

const ALPHABET = '234567abcdefghijklmnopqrstuvwxyz'
const TID_LENGTH = 13

/**
 * The record key of a publish intent: a TID (https://atproto.com/specs/tid) whose time is the
 * intent's frozen `createdAt` and whose microseconds and clock id come from its idempotency key.
 * The same intent always gets the same key, which makes the write repeatable.
 */
export function recordKey(createdAt: Date, idempotencyKey: string): string {
  const hash = createHash('sha256').update(idempotencyKey).digest()
  const micros = BigInt(hash.readUInt32BE(0) % 1000)
  const clockId = BigInt(hash.readUInt16BE(4) % 1024)
  const timestamp = BigInt(createdAt.getTime()) * 1000n + micros
  return encodeTid((timestamp << 10n) | clockId)
}

function encodeTid(value: bigint): string {
  let rest = value
  let tid = ''
  for (let index = 0; index < TID_LENGTH; index++) {
    tid = ALPHABET.charAt(Number(rest & 31n)) + tid
    rest >>= 5n
  }
  return tid
}
