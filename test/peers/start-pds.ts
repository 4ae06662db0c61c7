import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { installPeer } from './install.ts'

const PEER = join(import.meta.dirname, 'bluesky-pds')

export interface Pds {
  url: string
  plcUrl: string
  close(): Promise<void>
}

/** Where the real server cannot be had, CI fails and everybody else is told. */
export async function installPds(): Promise<string | undefined> {
  try {
    return await installPeer(PEER, 'bluesky-pds')
  } catch (error) {
    if (process.env.CI === 'true') throw error
    process.stderr.write(`skipped, the real Bluesky PDS cannot be installed: ${error}\n`)
    return undefined
  }
}

/** A PDS and its directory of accounts, with the packages installed at `modules`. */
export async function startPds(modules: string): Promise<Pds> {
  const folder = await mkdtemp(join(tmpdir(), 'clarion-pds-'))
  // Run from beside its node_modules: that is where its imports are looked up.
  const entry = join(modules, 'server.mjs')
  await cp(join(PEER, 'server.mjs'), entry)
  const child = spawn(process.execPath, [entry, folder], {
    env: { ...process.env, NODE_OPTIONS: '', LOG_ENABLED: 'false' },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const started = once(createInterface(child.stdout), 'line')
  const ended = once(child, 'exit')
  const died = ended.then(() => {
    throw new Error('the PDS ended before it served')
  })
  const [line] = await Promise.race([started, died])
  // From here on its end shows in the tests themselves.
  died.catch(() => undefined)
  const { url, plcUrl } = Object(JSON.parse(String(line)))
  return {
    url,
    plcUrl,
    close: async () => {
      child.stdin.end()
      await ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** An account `{name}.test` with its main password and an app password. */
export async function makeAccount(
  url: string,
  name: string,
): Promise<{ did: string; mainPassword: string; password: string }> {
  const mainPassword = `${name}-main-password`
  const { did, accessJwt } = await xrpc(url, 'com.atproto.server.createAccount', {
    handle: `${name}.test`,
    email: `${name}@example.com`,
    password: mainPassword,
  })
  const made = await xrpc(
    url,
    'com.atproto.server.createAppPassword',
    { name: 'clarion' },
    accessJwt,
  )
  return { did, mainPassword, password: made.password }
}

async function xrpc(url: string, nsid: string, body: unknown, token?: string) {
  const answer = await fetch(`${url}/xrpc/${nsid}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    },
    body: JSON.stringify(body),
  })
  const json: unknown = await answer.json()
  if (!answer.ok) throw new Error(`${nsid}: ${JSON.stringify(json)}`)
  return Object(json)
}
