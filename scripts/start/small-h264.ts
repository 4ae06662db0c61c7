/**
 * H.264 of moving drawings without an encoder: a macroblock that changes travels as its samples
 * (I_PCM), all others are skipped. Sections are those of
 * https://www.itu.int/rec/T-REC-H.264 (05/2003 and later).
 */
export interface Yuv {
  /** In samples, multiples of 16. */
  width: number
  height: number
  y: Uint8Array
  /** A quarter of the samples of `y` each. */
  u: Uint8Array
  v: Uint8Array
}

const MB = 16
/** Baseline, constraint flags of it, level 4.0. */
const PROFILE = [66, 0xc0, 40] as const
/** 7.4.5: mb_type of I_PCM, in slices of type P behind the five types of their own. */
const PCM = { I: 25, P: 30 } as const

/** `description` of a decoder: AVCDecoderConfigurationRecord, ISO/IEC 14496-15. */
export function avcDescription(width: number, height: number): Uint8Array {
  const sps = parameterSet(0x67, [...PROFILE], (bits) => {
    // Id, frame numbers of four bits, output in the order of decoding, one reference picture.
    for (const value of [0, 0, 2, 1]) bits.ue(value)
    bits.u(1, 0)
    bits.ue(width / MB - 1)
    bits.ue(height / MB - 1)
    // Frames only, direct_8x8, no cropping, no VUI.
    for (const flag of [1, 1, 0, 0]) bits.u(1, flag)
  })
  const pps = parameterSet(0x68, [], (bits) => {
    bits.ue(0)
    bits.ue(0)
    // CAVLC.
    bits.u(2, 0)
    for (const value of [0, 0, 0]) bits.ue(value)
    bits.u(3, 0)
    for (const value of [0, 0, 0]) bits.ue(value)
    // Slices say that nothing is deblocked.
    bits.u(3, 0b100)
  })
  const head = [1, ...PROFILE, 0xff, 0xe1, 0, sps.length]
  return Uint8Array.from([...head, ...sps, 1, 0, pps.length, ...pps])
}

/** A picture as one length-prefixed NAL unit; `before` is the one shown before it, if any. */
export function encodePicture(picture: Yuv, number: number, before?: Yuv): Uint8Array {
  const bits = new Bits()
  const type = before === undefined ? 'I' : 'P'
  // 7.3.3
  bits.ue(0)
  bits.ue(type === 'I' ? 7 : 5)
  bits.ue(0)
  bits.u(4, number % 16)
  if (type === 'I') bits.ue(0)
  // P: default references, no marking. I: no marking either.
  bits.u(type === 'I' ? 2 : 3, 0)
  bits.ue(0)
  bits.ue(1)
  writeBlocks(bits, picture, type, before)
  bits.end()
  return prefixed([type === 'I' ? 0x65 : 0x41], bits.bytes)
}

/** 7.3.4 */
function writeBlocks(bits: Bits, picture: Yuv, type: 'I' | 'P', before: Yuv | undefined): void {
  const across = picture.width / MB
  const count = across * (picture.height / MB)
  // Nothing moved: one number says so.
  if (before === picture) {
    bits.ue(count)
    return
  }
  let skipped = 0
  for (let index = 0; index < count; index++) {
    const at = { column: index % across, row: Math.floor(index / across) }
    const samples = samplesOf(picture, at)
    if (before !== undefined && Buffer.compare(samples, samplesOf(before, at)) === 0) {
      skipped++
      continue
    }
    if (type === 'P') bits.ue(skipped)
    skipped = 0
    bits.ue(PCM[type])
    bits.align()
    bits.append(samples)
  }
  if (skipped > 0) bits.ue(skipped)
}

function samplesOf({ width, y, u, v }: Yuv, { column, row }: { column: number; row: number }) {
  const samples = Buffer.alloc(384)
  for (let line = 0; line < MB; line++) {
    const start = (row * MB + line) * width + column * MB
    samples.set(y.subarray(start, start + MB), line * MB)
  }
  for (let line = 0; line < MB / 2; line++) {
    const start = ((row * MB) / 2 + line) * (width / 2) + (column * MB) / 2
    samples.set(u.subarray(start, start + MB / 2), 256 + (line * MB) / 2)
    samples.set(v.subarray(start, start + MB / 2), 320 + (line * MB) / 2)
  }
  return samples
}

function parameterSet(head: number, fixed: number[], write: (bits: Bits) => void): Uint8Array {
  const bits = new Bits()
  write(bits)
  bits.end()
  return prefixed([head, ...fixed], bits.bytes).subarray(4)
}

/** 7.4.1: what looks like a start code gets a byte between. */
function prefixed(head: readonly number[], payload: readonly number[]): Uint8Array {
  const unit = [...head]
  let zeros = 0
  for (const byte of payload) {
    if (zeros === 2 && byte <= 3) {
      unit.push(3)
      zeros = 0
    }
    unit.push(byte)
    zeros = byte === 0 ? zeros + 1 : 0
  }
  const bytes = Buffer.alloc(4 + unit.length)
  bytes.writeUInt32BE(unit.length)
  bytes.set(unit, 4)
  return bytes
}

/** 7.2 */
class Bits {
  readonly bytes: number[] = []
  #open = 0
  #free = 8

  u(length: number, value: number): void {
    for (let bit = length - 1; bit >= 0; bit--) {
      this.#free--
      this.#open |= ((value >> bit) & 1) << this.#free
      if (this.#free === 0) this.#close()
    }
  }

  /** 9.1: Exp-Golomb. */
  ue(value: number): void {
    const length = 32 - Math.clz32(value + 1)
    this.u(length - 1, 0)
    this.u(length, value + 1)
  }

  align(): void {
    if (this.#free < 8) this.#close()
  }

  append(bytes: Uint8Array): void {
    for (const byte of bytes) this.bytes.push(byte)
  }

  /** 7.3.2.11 */
  end(): void {
    this.u(1, 1)
    this.align()
  }

  #close(): void {
    this.bytes.push(this.#open)
    this.#open = 0
    this.#free = 8
  }
}
