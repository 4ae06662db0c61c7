import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { z } from 'zod'

/** One call of Vault's transit engine, and how many values it carried. */
export interface TransitCall {
  verb: string
  values: number
}

export interface VaultCounter {
  url: string
  /** Every transit call since the last `take`. */
  take(): TransitCall[]
  close(): Promise<void>
}

const batch = z.object({ batch_input: z.array(z.unknown()).optional() })

/** A proxy to Vault that counts what is encrypted and decrypted, and passes everything on. */
export async function startVaultCounter(vaultUrl: string): Promise<VaultCounter> {
  let calls: TransitCall[] = []
  const server = createServer(async (incoming, outgoing) => {
    const body = await bodyOf(incoming)
    const path = incoming.url ?? '/'
    const verb = /\/(encrypt|decrypt|rewrap)\//.exec(path)?.[1]
    if (verb !== undefined) calls.push({ verb, values: valuesIn(body) })
    const token = incoming.headers['x-vault-token']
    const answer = await fetch(`${vaultUrl}${path}`, {
      method: incoming.method,
      headers: {
        'content-type': 'application/json',
        ...(typeof token === 'string' ? { 'x-vault-token': token } : {}),
      },
      body: body === '' ? undefined : body,
    })
    const text = await answer.text()
    outgoing.writeHead(answer.status, { 'content-type': 'application/json' }).end(text)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port to listen on')
  return {
    url: `http://127.0.0.1:${address.port}`,
    take: () => {
      const taken = calls
      calls = []
      return taken
    },
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString()
}

function valuesIn(body: string): number {
  return batch.parse(JSON.parse(body)).batch_input?.length ?? 1
}
