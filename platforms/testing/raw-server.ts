import { createServer, type Server, type Socket } from 'node:net'

export interface RawServer {
  url: string
  port: number
  /** Connections accepted so far. */
  connections(): number
  /** Every byte clients sent, joined. */
  received(): string
  close(): Promise<void>
}

/** A TCP server that answers with whatever `onConnection` does: for torture of HTTP clients. */
export async function startRawServer(onConnection: (socket: Socket) => void): Promise<RawServer> {
  const sockets = new Set<Socket>()
  let connections = 0
  let received = ''
  const server = createServer({ allowHalfOpen: false }, (socket) => {
    connections++
    sockets.add(socket)
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
    })
    socket.on('error', () => socket.destroy())
    onConnection(socket)
  })
  const port = await listen(server)
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    connections: () => connections,
    received: () => received,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      if (address && typeof address === 'object') resolve(address.port)
      else reject(new Error('no port'))
    })
  })
}
