import { randomBytes } from 'node:crypto'
import { freePort } from './free-port.ts'
import { startServerProcess, untilReady } from './server-process.ts'

export interface S3Server {
  endpoint: string
  accessKeyId: string
  secretAccessKey: string
  stop(): Promise<void>
}

const HOST = '127.0.0.1'
const START_TIMEOUT_MS = 30_000

export interface S3Options {
  /** Path of the `versitygw` program, see binaries.ts. */
  binary: string
  /** Its folders are the buckets. */
  root: string
  /** What is known of the objects; beside the root, as not every file system has attributes. */
  metadata: string
}

/** Starts versitygw over folders that exist; buckets are addressed by path, not by host name. */
export async function startS3({ binary, root, metadata }: S3Options): Promise<S3Server> {
  const endpoint = `http://${HOST}:${await freePort()}`
  const accessKeyId = `key-${randomBytes(6).toString('hex')}`
  const secretAccessKey = randomBytes(16).toString('hex')
  const server = await startServerProcess({
    title: 'S3 server',
    command: binary,
    args: ['--port', new URL(endpoint).host, '--quiet', 'posix', '--sidecar', metadata, root],
    env: { ...process.env, ROOT_ACCESS_KEY: accessKeyId, ROOT_SECRET_KEY: secretAccessKey },
    stopSignal: 'SIGTERM',
  })
  // It answers 403 to who has no key.
  await untilReady(server, 'S3 server', START_TIMEOUT_MS, () => answers(endpoint))
  return { endpoint, accessKeyId, secretAccessKey, stop: () => server.stop() }
}

async function answers(endpoint: string): Promise<boolean> {
  const response = await fetch(endpoint).catch(() => undefined)
  await response?.body?.cancel()
  return response !== undefined
}
