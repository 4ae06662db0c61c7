import type { Http, HttpRequest } from '../../platforms/http.ts'
import type { BodyStream } from '../../platforms/http-types.ts'

/** A request as a connector made it. */
export interface Recorded {
  method: string
  url: URL
  /** The body by its fields; undefined when there was none. */
  body: unknown
  /** Fields of forms are text, whatever they mean. */
  isForm: boolean
}

/** Passes everything on and keeps what was asked. */
export function recording(http: Http): { http: Http; requests: Recorded[] } {
  const requests: Recorded[] = []
  const request: Http['request'] = async (asked) => {
    requests.push(await recorded(asked))
    return http.request(asked)
  }
  return { http: { ...http, request }, requests }
}

async function recorded(request: HttpRequest): Promise<Recorded> {
  const { method, json, form, body, headers = {} } = request
  const url = new URL(request.url)
  if (json !== undefined) {
    return { method, url, body: JSON.parse(JSON.stringify(json)), isForm: false }
  }
  if (form !== undefined) return { method, url, body: Object.fromEntries(form), isForm: true }
  const type = headers['content-type'] ?? ''
  if (body === undefined) return { method, url, body: undefined, isForm: false }
  const answer = new Response(new Uint8Array(await bytesOf(body)), {
    headers: { 'content-type': type },
  })
  if (/json/.test(type)) return { method, url, body: await answer.json(), isForm: false }
  return { method, url, body: fieldsOf(await answer.formData()), isForm: true }
}

/** The name of a file stands for its bytes. */
function fieldsOf(form: FormData): Record<string, string> {
  const fields = [...form].map(([name, value]) => [
    name,
    typeof value === 'string' ? value : value.name,
  ])
  return Object.fromEntries(fields)
}

async function bytesOf(body: string | Uint8Array | BodyStream): Promise<Buffer> {
  if (typeof body === 'string' || body instanceof Uint8Array) return Buffer.from(body)
  const chunks: Uint8Array[] = []
  for await (const chunk of body.open()) chunks.push(chunk)
  return Buffer.concat(chunks)
}
