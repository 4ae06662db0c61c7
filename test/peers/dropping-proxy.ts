import { connect, createServer, type Socket } from 'node:net'

export interface DroppingProxy {
  url: string
  /** The next connection's request is forwarded whole, its answer is thrown away. */
  dropNextAnswer(): void
  close(): Promise<void>
}

/** A TCP proxy in front of `target` that can lose an answer after the target has acted. */
export async function startDroppingProxy(target: URL): Promise<DroppingProxy> {
  const sockets = new Set<Socket>()
  let dropNext = false
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => socket.destroy())
    }
    client.pipe(upstream)
    upstream.on('data', (chunk) => {
      if (!dropNext) return client.write(chunk)
      dropNext = false
      return client.destroy()
    })
    client.on('close', () => upstream.destroy())
    upstream.on('close', () => client.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = address && typeof address === 'object' ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    dropNextAnswer: () => {
      dropNext = true
    },
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
