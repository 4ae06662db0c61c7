/** The part of a request that node-vault hands to its transport. */
interface TransportRequest {
  method: string
  uri: string
  headers: Record<string, string>
  json?: unknown
}

interface TransportResponse {
  statusCode: number
  body: unknown
  request: { path: string }
}

type Send = (request: TransportRequest) => Promise<TransportResponse>

/**
 * The transport for node-vault, over fetch. Its own one, axios with follow-redirects, prints the
 * headers and with them our token when somebody sets DEBUG=*, and keeps bodies in its errors.
 */
export function makeVaultTransport(timeoutMs: number): { defaults: () => Send } {
  return { defaults: () => (request) => send(request, timeoutMs) }
}

async function send(request: TransportRequest, timeoutMs: number): Promise<TransportResponse> {
  const response = await fetch(request.uri, {
    method: request.method,
    headers: { 'content-type': 'application/json', ...request.headers },
    body: typeof request.json === 'object' ? JSON.stringify(request.json) : undefined,
    // A redirect would carry the token to an address nobody configured.
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
  })
  const body = parseJson(await response.text())
  return { statusCode: response.status, body, request: { path: new URL(request.uri).pathname } }
}

/** A proxy in between may answer something else; the status then says enough. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
