/** An answer with its body read; `body` is `undefined` when it is no JSON. */
export interface Reply {
  status: number
  headers: Headers
  text: string
  // The tests look into answers of any shape.
  json: Json
}

export type Json = { readonly [key: string]: Json } & { readonly [index: number]: Json }

export interface Ask {
  key?: string
  body?: unknown
  headers?: Record<string, string>
}

export interface Client {
  get(path: string, ask?: Ask): Promise<Reply>
  post(path: string, body?: unknown, ask?: Ask): Promise<Reply>
  patch(path: string, body: unknown, ask?: Ask): Promise<Reply>
  delete(path: string, ask?: Ask): Promise<Reply>
  send(method: string, path: string, ask?: Ask): Promise<Reply>
}

export function makeClient(url: string, key: string): Client {
  const send = async (method: string, path: string, ask: Ask = {}): Promise<Reply> => {
    const used = ask.key ?? key
    const response = await fetch(`${url}${path}`, {
      method,
      redirect: 'manual',
      headers: {
        ...(used === '' ? {} : { authorization: `Bearer ${used}` }),
        ...(ask.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...ask.headers,
      },
      body: bodyOf(ask.body),
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, json: parse(text) }
  }
  return {
    get: (path, ask) => send('GET', path, ask),
    post: (path, body, ask) => send('POST', path, { ...ask, body }),
    patch: (path, body, ask) => send('PATCH', path, { ...ask, body }),
    delete: (path, ask) => send('DELETE', path, ask),
    send,
  }
}

function bodyOf(body: unknown): string | undefined {
  if (body === undefined) return undefined
  return typeof body === 'string' ? body : JSON.stringify(body)
}

function parse(text: string): Json {
  try {
    return JSON.parse(text)
  } catch {
    // Pages, metrics and empty answers are no JSON; tests look at `text` then.
    return {}
  }
}
