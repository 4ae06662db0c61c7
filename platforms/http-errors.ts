export type NotSentReason =
  | 'host_refused'
  | 'dns'
  | 'connect'
  | 'tls'
  | 'timeout'
  | 'aborted'
  | 'too_late'
  | 'invalid_request'

export type OutcomeUnknownReason =
  | 'connection_lost'
  | 'timeout'
  | 'aborted'
  | 'too_large'
  | 'unparsable'

/** Method, origin and path: never a query, header or body, which may hold secrets. */
export interface RequestLabel {
  method: string
  url: URL
}

function describe(label: RequestLabel): string {
  return `${label.method} ${label.url.origin}${label.url.pathname}`
}

/** Proof that no byte of the request reached a socket: sending again cannot repeat anything. */
export class HttpNotSent extends Error {
  readonly reason: NotSentReason
  /** The system's error code (`ECONNREFUSED`), when there is one. */
  readonly systemCode: string | undefined

  constructor(label: RequestLabel, reason: NotSentReason, systemCode?: string) {
    super(`${describe(label)} was not sent: ${reason}${systemCode ? ` (${systemCode})` : ''}`)
    this.name = 'HttpNotSent'
    this.reason = reason
    this.systemCode = systemCode
  }
}

/** Bytes may have reached the platform, and no usable answer says what it did with them. */
export class HttpOutcomeUnknown extends Error {
  readonly reason: OutcomeUnknownReason
  readonly systemCode: string | undefined

  constructor(label: RequestLabel, reason: OutcomeUnknownReason, systemCode?: string) {
    super(
      `${describe(label)} may have been sent, its outcome is unknown: ${reason}${systemCode ? ` (${systemCode})` : ''}`,
    )
    this.name = 'HttpOutcomeUnknown'
    this.reason = reason
    this.systemCode = systemCode
  }
}
