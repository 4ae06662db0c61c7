/**
 * What a cipher may throw. No message and no cause carries a plaintext, a ciphertext or a key: the
 * errors of HTTP clients hold request bodies, so they end here.
 */
export abstract class CipherError extends Error {
  abstract readonly kind: 'unavailable' | 'denied' | 'refused'
}

/** It cannot answer now: sealed, overloaded, unreachable. Wait and try again. */
export class CipherUnavailable extends CipherError {
  readonly kind = 'unavailable'

  constructor(reason: string) {
    super(`Token cipher unavailable: ${reason}`)
    this.name = 'CipherUnavailable'
  }
}

/** Our credentials are not accepted, or do not allow this. A person has to change something. */
export class CipherDenied extends CipherError {
  readonly kind = 'denied'

  constructor(reason: string) {
    super(`Token cipher denied: ${reason}`)
    this.name = 'CipherDenied'
  }
}

/** A damaged ciphertext, another row's, or one of a retired key version. Permanent. */
export class CipherRefused extends CipherError {
  readonly kind = 'refused'
  /** Position in the batch; undefined when the call as a whole was refused. */
  readonly index: number | undefined

  constructor(reason: string, index?: number) {
    super(`Token cipher refused${index === undefined ? '' : ` item ${index}`}: ${reason}`)
    this.name = 'CipherRefused'
    this.index = index
  }
}
