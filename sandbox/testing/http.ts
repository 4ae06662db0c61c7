import { isRecord } from '../http/body.ts'
import { type Sandbox, type SandboxOptions, startSandbox } from '../server.ts'

/** Plain HTTP for the tests of the sandbox: no code of any connector. */
export interface Reply {
  status: number
  headers: Headers
  /** Parsed JSON, else the text. */
  body: unknown
}

/** `json`, `form` or `body` makes it a POST unless `method` says otherwise. */
export interface CallOptions {
  method?: string
  bearer?: string
  basic?: [string, string]
  json?: unknown
  form?: Record<string, string>
  /** Bytes of a file, or a multipart form. */
  body?: Uint8Array<ArrayBuffer> | FormData
  headers?: Record<string, string>
}

/** Runs a test against its own sandbox and closes it whatever happens. */
export async function withSandbox(
  options: SandboxOptions,
  run: (sandbox: Sandbox) => Promise<void>,
): Promise<void> {
  const sandbox = await startSandbox(options)
  try {
    await run(sandbox)
  } finally {
    await sandbox.close()
  }
}

/** A clock that tests move by hand. */
export function makeClock(start = '2026-12-01T09:00:00.250Z') {
  let ms = Date.parse(start)
  return {
    now: () => new Date(ms),
    advance: (byMs: number) => {
      ms += byMs
    },
  }
}

/** One request; redirects are answers here, not followed. */
export async function call(url: string, options: CallOptions = {}): Promise<Reply> {
  const body = bodyOf(options)
  const response = await fetch(url, {
    method: options.method ?? (body === undefined ? 'GET' : 'POST'),
    headers: headersOf(options),
    body,
    redirect: 'manual',
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: parseText(text) }
}

/** A member of a parsed body by its path, as text; fails when there is none. */
export function pick(body: unknown, ...path: (string | number)[]): string {
  let value = body
  for (const key of path) {
    value = Array.isArray(value) ? value[Number(key)] : isRecord(value) ? value[key] : undefined
  }
  if (typeof value === 'string' || typeof value === 'number') return String(value)
  throw new Error(`no ${path.join('.')} in ${JSON.stringify(body)}`)
}

export async function newAccount(sandbox: Sandbox, platform: string, handle: string) {
  const { body } = await call(`${sandbox.url}/_sandbox/accounts`, { json: { platform, handle } })
  return { id: pick(body, 'account_id'), handle: pick(body, 'handle'), row: body }
}

function bodyOf(
  options: CallOptions,
): string | URLSearchParams | Uint8Array<ArrayBuffer> | FormData | undefined {
  if (options.body !== undefined) return options.body
  if (options.json !== undefined) return JSON.stringify(options.json)
  return options.form === undefined ? undefined : new URLSearchParams(options.form)
}

function headersOf({ bearer, basic, json, headers }: CallOptions): Record<string, string> {
  return {
    ...(json === undefined ? {} : { 'content-type': 'application/json' }),
    ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
    ...(basic === undefined ? {} : { authorization: `Basic ${btoa(basic.join(':'))}` }),
    ...headers,
  }
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
