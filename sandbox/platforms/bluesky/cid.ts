import { createHash } from 'node:crypto'

const RAW = 0x55
const DAG_CBOR = 0x71
const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'

/** CIDv1 (dag-cbor, sha2-256) of a record: equal records have equal CIDs. */
export function recordCid(record: unknown): string {
  return cid(DAG_CBOR, createHash('sha256').update(encode(record)).digest())
}

/** CIDv1 (raw, sha2-256) of bytes whose hex digest is known. */
export function blobCid(sha256: string): string {
  return cid(RAW, Buffer.from(sha256, 'hex'))
}

function cid(codec: number, digest: Buffer): string {
  return `b${base32(Buffer.concat([Buffer.from([1, codec, 0x12, 0x20]), digest]))}`
}

/** DAG-CBOR, https://ipld.io/specs/codecs/dag-cbor/spec/ ; records hold no floats. */
function encode(value: unknown): Buffer {
  if (value === null) return Buffer.from([0xf6])
  if (typeof value === 'boolean') return Buffer.from([value ? 0xf5 : 0xf4])
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value)
  if (typeof value === 'string') return text(value)
  if (Array.isArray(value)) return Buffer.concat([head(4, value.length), ...value.map(encode)])
  if (typeof value !== 'object') throw new Error(`cannot encode ${typeof value}`)
  return encodeMap(value)
}

/** Keys sort by length, then by bytes; `$link` and `$bytes` are the JSON forms of links and bytes. */
function encodeMap(map: object): Buffer {
  const entries = Object.entries(map)
  const [first] = entries
  if (entries.length === 1 && first?.[0] === '$link') return link(String(first[1]))
  if (entries.length === 1 && first?.[0] === '$bytes') return bytes(String(first[1]))
  const pairs = entries.map(([key, value]) => [Buffer.from(key), encode(value)] as const)
  pairs.sort(([left], [right]) => left.length - right.length || Buffer.compare(left, right))
  const body = pairs.flatMap(([key, value]) => [head(3, key.length), key, value])
  return Buffer.concat([head(5, pairs.length), ...body])
}

function text(value: string): Buffer {
  const utf8 = Buffer.from(value)
  return Buffer.concat([head(3, utf8.length), utf8])
}

function bytes(base64: string): Buffer {
  const decoded = Buffer.from(base64, 'base64')
  return Buffer.concat([head(2, decoded.length), decoded])
}

/** Tag 42 around the binary CID with its multibase prefix byte. */
function link(cidText: string): Buffer {
  const binary = Buffer.concat([Buffer.from([0]), unbase32(cidText.slice(1))])
  return Buffer.concat([Buffer.from([0xd8, 0x2a]), head(2, binary.length), binary])
}

/** The shortest form of a CBOR head, as DAG-CBOR demands. */
function head(major: number, count: number): Buffer {
  const top = major << 5
  if (count < 24) return Buffer.from([top | count])
  if (count < 0x100) return Buffer.from([top | 24, count])
  const wide = Buffer.alloc(count < 0x1_0000 ? 3 : count < 0x1_0000_0000 ? 5 : 9)
  if (wide.length === 3) wide.writeUInt16BE(count, 1)
  else if (wide.length === 5) wide.writeUInt32BE(count, 1)
  else wide.writeBigUInt64BE(BigInt(count), 1)
  wide[0] = top | (wide.length === 3 ? 25 : wide.length === 5 ? 26 : 27)
  return wide
}

/** RFC 4648 lower case without padding. */
export function base32(data: Buffer): string {
  let out = ''
  let bits = 0
  let held = 0
  for (const byte of data) {
    held = (held << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      out += BASE32[(held >> bits) & 31]
    }
    held &= (1 << bits) - 1
  }
  return bits === 0 ? out : out + BASE32[(held << (5 - bits)) & 31]
}

function unbase32(text: string): Buffer {
  const out: number[] = []
  let bits = 0
  let held = 0
  for (const char of text) {
    held = (held << 5) | BASE32.indexOf(char)
    bits += 5
    if (bits < 8) continue
    bits -= 8
    out.push((held >> bits) & 0xff)
    held &= (1 << bits) - 1
  }
  return Buffer.from(out)
}
