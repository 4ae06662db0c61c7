/** What a platform sends back. `body` is JSON unless it is a string, which is sent as it is. */
export interface Answer {
  status: number
  body?: unknown
  contentType?: string
  headers?: Record<string, string>
}

/** Thrown anywhere inside a handler to end it with an answer. */
export class Refusal extends Error {
  readonly answer: Answer

  constructor(answer: Answer) {
    super(`refused with HTTP ${answer.status}`)
    this.answer = answer
  }
}

export function html(status: number, body: string): Answer {
  return { status, body, contentType: 'text/html; charset=utf-8' }
}

/** 302: what authorization servers send browsers back with. */
export function redirect(location: string): Answer {
  return { status: 302, headers: { location } }
}

export function json(status: number, body: unknown): Answer {
  return { status, body }
}
