import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { ConnectionAnswer } from '../../api/contract/schemas/connections.ts'
import type { PostAnswer } from '../../api/contract/schemas/posts.ts'

export interface Reply {
  status: number
  text: string
  headers: Headers
}

/** A client of Clarion's HTTP API as any other: what it answers is taken at its word. */
export interface ApiClient {
  readonly url: string
  /** Never throws for an answer, whatever its status; `send` of a POST repeats safely. */
  send(method: string, path: string, body?: unknown, headers?: HeaderMap): Promise<Reply>
  /** Throws ApiProblem unless the answer is 2xx. */
  call<T>(method: string, path: string, body?: unknown, headers?: HeaderMap): Promise<T>
  /** Stores a file; answers its id. */
  upload(file: UploadFile): Promise<string>
  createPost(body: object): Promise<PostAnswer>
  getPost(id: string): Promise<PostAnswer>
  /** Polls until `until` says so; throws with the last answer when the deadline has passed. */
  waitForPost(id: string, until: PostTest, options?: WaitOptions): Promise<PostAnswer>
  listConnections(): Promise<ConnectionAnswer[]>
  getConnection(id: string): Promise<ConnectionAnswer>
}

export interface UploadFile {
  name: string
  mimeType: string
  bytes: Uint8Array<ArrayBuffer>
}

type HeaderMap = Readonly<Record<string, string>>
type PostTest = (post: PostAnswer) => boolean

export interface WaitOptions {
  deadlineMs?: number
  pollMs?: number
  /** While a part is away the question itself may fail: then it is asked again. */
  mayFail?: boolean
  onPoll?: (post: PostAnswer) => void
}

/** An answer that is not 2xx. */
export class ApiProblem extends Error {
  readonly status: number
  readonly code: string

  constructor(method: string, path: string, reply: Reply) {
    const { code, detail } = readProblem(reply.text)
    super(`${method} ${path} answered ${reply.status} ${code}: ${detail}`)
    this.name = 'ApiProblem'
    this.status = reply.status
    this.code = code
  }
}

const REQUEST_TIMEOUT_MS = 30_000
const WAIT_MS = 60_000
const POLL_MS = 150

export function makeApiClient(url: string, key: string): ApiClient {
  const send = async (method: string, path: string, body?: unknown, headers: HeaderMap = {}) => {
    const isForm = body instanceof FormData
    const response = await fetch(`${url}${path}`, {
      method,
      redirect: 'manual',
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      headers: {
        authorization: `Bearer ${key}`,
        ...(body === undefined || isForm ? {} : { 'content-type': 'application/json' }),
        ...(method === 'POST' ? { 'idempotency-key': randomUUID() } : {}),
        ...headers,
      },
      body: isForm ? body : JSON.stringify(body),
    })
    return { status: response.status, text: await response.text(), headers: response.headers }
  }
  const call = async <T>(method: string, path: string, body?: unknown, headers?: HeaderMap) => {
    const reply = await send(method, path, body, headers)
    if (reply.status < 200 || reply.status > 299) throw new ApiProblem(method, path, reply)
    const answer: T = reply.text === '' ? undefined : JSON.parse(reply.text)
    return answer
  }
  const getPost = (id: string) => call<PostAnswer>('GET', `/v1/posts/${id}`)
  return {
    url,
    send,
    call,
    getPost,
    upload: async (file) => {
      const { id } = await call<{ id: string }>('POST', '/v1/media', formOf(file))
      return id
    },
    createPost: (body) => call('POST', '/v1/posts', body),
    waitForPost: (id, until, options) => waitForPost(() => getPost(id), until, options),
    listConnections: async () => {
      const page = await call<{ data: ConnectionAnswer[] }>('GET', '/v1/connections?limit=100')
      return page.data
    },
    getConnection: (id) => call('GET', `/v1/connections/${id}`),
  }
}

function formOf({ name, mimeType, bytes }: UploadFile): FormData {
  const form = new FormData()
  form.append('file', new Blob([bytes], { type: mimeType }), name)
  return form
}

async function waitForPost(
  get: () => Promise<PostAnswer>,
  until: PostTest,
  { deadlineMs = WAIT_MS, pollMs = POLL_MS, mayFail = false, onPoll }: WaitOptions = {},
): Promise<PostAnswer> {
  const giveUpAt = Date.now() + deadlineMs
  for (;;) {
    const answer = await get().catch((error: unknown) => {
      if (mayFail && error instanceof Error) return error
      throw error
    })
    if (!(answer instanceof Error)) {
      onPoll?.(answer)
      if (until(answer)) return answer
    }
    if (Date.now() > giveUpAt) throw tooLate(answer, deadlineMs)
    await pause(pollMs)
  }
}

function tooLate(answer: PostAnswer | Error, deadlineMs: number): Error {
  const waited = `After ${deadlineMs / 1000} s`
  if (answer instanceof Error) return new Error(`${waited}: ${answer.message}`, { cause: answer })
  const targets = answer.targets.map((one) => `${one.platform} ${one.status}`).join(', ')
  return new Error(`${waited} post ${answer.id} is ${answer.status}: ${targets}`)
}

function readProblem(text: string): { code: string; detail: string } {
  try {
    const { code, detail, errors } = JSON.parse(text)
    return { code: String(code), detail: errors ? JSON.stringify(errors) : String(detail) }
  } catch {
    // Not one of ours: a proxy's page, or a cut answer.
    return { code: 'unreadable', detail: text.slice(0, 200) }
  }
}
