/** A body of known length that is read while it is sent, so that memory stays flat. */
export interface BodyStream {
  bytes: number
  /** Called once for each time it is sent. */
  open(): AsyncIterable<Uint8Array>
}

/** One HTTP call to a platform; at most one of `json`, `form` and `body`. */
export interface HttpRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  url: string | URL
  headers?: Readonly<Record<string, string>>
  json?: unknown
  form?: URLSearchParams
  /** Sent as it is; its `content-type` goes into `headers`. */
  body?: string | Uint8Array | BodyStream
  /** From the call to the last byte of the answer; else the client's own. */
  timeoutMs?: number
  /**
   * True only for base URLs from Clarion's configuration. Everything else may have been chosen by
   * a user and passes the host guard.
   */
  trusted?: boolean
  signal?: AbortSignal
  /** After this instant the request fails as `HttpNotSent`; checked just before the first byte. */
  sendBefore?: Date
}

export interface HttpAnswer {
  status: number
  headers: Headers
  text: string
  /** The body as JSON; throws `HttpOutcomeUnknown` when it is none. */
  json(): unknown
}

export interface DownloadRequest {
  url: string | URL
  headers?: Readonly<Record<string, string>>
  /** From the call to the last byte of the body. */
  timeoutMs: number
  signal?: AbortSignal
}

export interface Download {
  status: number
  headers: Headers
  /** Read it once and to its end, or cancel it. */
  body: AsyncIterable<Uint8Array>
  /** Reads no further. */
  cancel(): void
}

/** The only way connectors reach a network. Redirects are answers, never followed. */
export interface Http {
  /** Fails with `HttpNotSent` or `HttpOutcomeUnknown` and nothing else. */
  request(request: HttpRequest): Promise<HttpAnswer>
  /**
   * The same for an answer of any size: it is read as it comes. Fails as `request` does, and so does
   * reading the body.
   */
  download(request: DownloadRequest): Promise<Download>
  close(): Promise<void>
}
