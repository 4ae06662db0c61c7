/**
 * A real Bluesky PDS with its own PLC directory on loopback, its data in the folder
 * given as the first argument. Prints one JSON line `{ "url", "plcUrl" }`; ends with its standard input.
 */
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { envToCfg, envToSecrets, PDS } from '@atproto/pds'
import { Database, PlcServer } from '@did-plc/server'

const folder = process.argv[2]
if (!folder) throw new Error('usage: server.mjs <data folder>')

const plcPort = await freePort()
const plcUrl = `http://localhost:${plcPort}`
const plc = PlcServer.create({ db: Database.mock(), port: plcPort })
await plc.start()

const port = await freePort()
const env = {
  devMode: true,
  hostname: 'localhost',
  port,
  dataDirectory: folder,
  blobstoreDiskLocation: join(folder, 'blobs'),
  didPlcUrl: plcUrl,
  serviceHandleDomains: ['.test'],
  inviteRequired: false,
  disableSsrfProtection: true,
  jwtSecret: randomBytes(16).toString('hex'),
  adminPassword: randomBytes(16).toString('hex'),
  plcRotationKeyK256PrivateKeyHex: randomBytes(32).toString('hex'),
}
const pds = await PDS.create(envToCfg(env), envToSecrets(env))
await pds.start()
process.stdout.write(`${JSON.stringify({ url: `http://localhost:${port}`, plcUrl })}\n`)

// The parent holds our standard input: when it ends, however it ends, so do we. Nothing is kept.
process.stdin.resume().once('end', () => process.kill(process.pid, 'SIGKILL'))

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}
