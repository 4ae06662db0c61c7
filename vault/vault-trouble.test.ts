import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createServer, type RequestListener, type Server } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { afterEach, expect, test } from '@jest/globals'
import { describeWithVault } from '../test/support/vault.ts'
import { expectSilent } from './cipher-contract.ts'
import { CipherUnavailable } from './cipher-errors.ts'
import { ensureTransitKeys } from './vault-bootstrap.ts'
import { makeVaultCipher } from './vault-cipher.ts'

const run = promisify(execFile)
const mount = `transit-${randomBytes(4).toString('hex')}`
const context = { tenantId: 't', connectionId: 'c', field: 'f' }
const items = [{ plaintext: 'sbx_secret_do_not_print_9f8e7d', context }]
const servers: Server[] = []

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
}

async function failedWith(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(CipherUnavailable)
  expectSilent(error)
  return error instanceof Error ? error.message : ''
}

test('a server that never answers is unavailable after the timeout', async () => {
  const address = await listen(() => undefined)
  const cipher = makeVaultCipher({ address, token: 'any', timeoutMs: 50 })
  expect(await failedWith(cipher.encrypt(items))).toContain('timeout')
})

test.each([
  ['an error page of a proxy', 200],
  ['a redirect', 307],
  ['overload', 429],
])('%s is unavailable and follows nobody with the token', async (_name, status) => {
  const followed: string[] = []
  const elsewhere = await listen((request, response) => {
    followed.push(request.url ?? '')
    response.end()
  })
  const address = await listen((_request, response) => {
    response.writeHead(status, { location: elsewhere }).end(`<h1>${items[0]?.plaintext}</h1>`)
  })
  await failedWith(makeVaultCipher({ address, token: 'any' }).encrypt(items))
  expect(followed).toEqual([])
})

describeWithVault('Vault behind a bad line', (vault) => {
  test('a standby, an overload and a broken connection are tried again', async () => {
    await ensureTransitKeys({ ...vault(), mount })
    const trouble = [412, 503, 0]
    const address = await listen(async (request, response) => {
      const body = await text(request)
      const status = trouble.shift()
      if (status === 0) return response.destroy()
      if (status !== undefined) return response.writeHead(status).end('{"errors":["busy"]}')
      const answer = await fetch(`${vault().address}${request.url}`, {
        method: request.method,
        headers: { 'X-Vault-Token': vault().token },
        body: request.method === 'GET' ? undefined : body,
      })
      return response.writeHead(answer.status).end(await answer.text())
    })
    const cipher = makeVaultCipher({ address, token: vault().token, mount })
    const sealed = await cipher.encrypt(items)
    expect(trouble).toEqual([])
    const toOpen = sealed.map(({ ciphertext }) => ({ ciphertext, context }))
    expect(await cipher.decrypt(toOpen)).toEqual([items[0]?.plaintext])
  })

  test('DEBUG=* prints neither a token nor what is sealed', async () => {
    await ensureTransitKeys({ ...vault(), mount })
    const module = join(import.meta.dirname, 'vault-cipher.ts')
    const options = { address: vault().address, token: vault().token, mount }
    const script = `
      const { makeVaultCipher } = await import(${JSON.stringify(module)})
      const cipher = makeVaultCipher(${JSON.stringify(options)})
      const [sealed] = await cipher.encrypt(${JSON.stringify(items)})
      await cipher.close()
      console.log('sealed by version', sealed.keyVersion)`
    const { stdout, stderr } = await run(
      process.execPath,
      ['--input-type=module', '--eval', script],
      { env: { PATH: process.env.PATH, DEBUG: '*', NODE_DEBUG: 'fetch,undici' } },
    )
    expect(stdout).toContain('sealed by version 1')
    expectSilent(stdout + stderr)
    expect(stdout + stderr).not.toContain(vault().token)
  })
})
