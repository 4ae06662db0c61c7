import { connect, createServer, type Socket } from 'node:net'

export interface DroppingProxy {
  url: string
  /** The next connection's request is forwarded whole, its answer is thrown away. */
  dropNextAnswer(): void
  /** The next request is taken and thrown away: whoever sent it cannot tell this from a lost answer. */
  dropNextRequest(): void
  close(): Promise<void>
}

type Loss = 'request' | 'answer'

/** A TCP proxy in front of `target` that can lose a request, or an answer after the target acted. */
export async function startDroppingProxy(target: URL): Promise<DroppingProxy> {
  const sockets = new Set<Socket>()
  let next: Loss | undefined
  const isLost = (loss: Loss) => {
    if (next !== loss) return false
    next = undefined
    return true
  }
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => socket.destroy())
    }
    client.on('data', (chunk) => (isLost('request') ? client.destroy() : upstream.write(chunk)))
    upstream.on('data', (chunk) => (isLost('answer') ? client.destroy() : client.write(chunk)))
    client.on('end', () => upstream.end())
    client.on('close', () => upstream.destroy())
    upstream.on('close', () => client.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = address && typeof address === 'object' ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    dropNextAnswer: () => {
      next = 'answer'
    },
    dropNextRequest: () => {
      next = 'request'
    },
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
