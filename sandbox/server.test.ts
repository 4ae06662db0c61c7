import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { login as blueskyLogin, post, put } from './testing/bluesky-login.ts'
import { call, newAccount, pick, withSandbox } from './testing/http.ts'
import { ownToken, publish } from './testing/mastodon-login.ts'
import { login, refresh, tweet } from './testing/x-login.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sandbox-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('state file', () => {
  test('accounts, tokens, posts and keys outlive a restart', async () => {
    const stateFile = join(folder, 'state.json')
    let tokens = { access: '', refresh: '' }
    let session = { did: '', access: '', refresh: '', password: '' }
    let toot = ''
    await withSandbox({ stateFile }, async (sandbox) => {
      await newAccount(sandbox, 'x', 'dora')
      tokens = await login(sandbox.url, { sandbox_account: 'dora' })
      await tweet(sandbox.url, tokens.access, { text: 'kept' })
      session = await blueskyLogin(sandbox)
      await put(sandbox.url, session, '3lztksnhlfs2k', post('kept too'))
      toot = pick(
        (await publish(sandbox.url, await ownToken(sandbox.url), { status: 'a' }, 'k')).body,
        'id',
      )
    })
    expect((await stat(stateFile)).mode & 0o777).toBe(0o600)
    await withSandbox({ stateFile }, async ({ url }) => {
      expect((await tweet(url, tokens.access, { text: 'kept' })).status).toBe(403)
      expect((await refresh(url, tokens.refresh)).status).toBe(200)
      const again = await put(url, session, '3lztksnhlfs2k', post('kept too'), { swapRecord: null })
      expect(again.status).toBe(200)
      const repeat = await publish(url, await ownToken(url), { status: 'a' }, 'k')
      expect(pick(repeat.body, 'id')).toBe(toot)
      const truth = await call(`${url}/_sandbox/posts`)
      expect(truth.body).toMatchObject({ data: { length: 3 } })
    })
  })
})

describe('the page', () => {
  test('shows timelines, escapes HTML, links links and marks the deleted', () =>
    withSandbox({}, async (sandbox) => {
      const { url } = sandbox
      const { access } = await login(url)
      await tweet(url, access, { text: '<script>alert(1)</script> https://example.com/?a=1&b=2' })
      const id = pick((await tweet(url, access, { text: 'taken back' })).body, 'data', 'id')
      await call(`${url}/x/2/tweets/${id}`, { method: 'DELETE', bearer: access })
      const page = String((await call(url)).body)
      expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
      expect(page).toContain('<a href="https://example.com/?a=1&amp;b=2"')
      expect(page).toMatch(/class="gone"><span>taken back<\/span>[^<]*<time[^>]*>[^<]*deleted/)
      const narrowed = String((await call(`${url}/?platform=x&account=bob`)).body)
      expect(narrowed).toContain('Bob Bauer')
      expect(narrowed).not.toContain('taken back')
    }))
})

describe('permalinks', () => {
  test.each([
    ['/@alice/1', 'platform=mastodon&account=alice'],
    ['/x/alice/status/1', 'platform=x&account=alice'],
    ['/bluesky/profile/did:plc:a/post/b', 'platform=bluesky&account=did%3Aplc%3Aa'],
  ])('%s leads to the timeline', (path, query) =>
    withSandbox({}, async ({ url }) => {
      const { status, headers } = await call(`${url}${path}`)
      expect([status, headers.get('location')]).toEqual([302, `/?${query}`])
    }),
  )
})

describe('main.ts', () => {
  test('prints its URL as one JSON line, serves, and ends cleanly on SIGTERM', async () => {
    const stateFile = join(folder, 'new', 'main.json')
    const child = spawn(
      process.execPath,
      ['sandbox/main.ts', '--port', '0', '--state', stateFile],
      {
        env: {},
      },
    )
    try {
      const [line] = await once(createInterface(child.stdout), 'line')
      const url = pick(JSON.parse(String(line)), 'sandbox_url')
      expect((await call(`${url}/_sandbox/accounts`)).status).toBe(200)
      child.kill('SIGTERM')
      expect(await once(child, 'exit')).toEqual([0, null])
      expect(await readFile(stateFile, 'utf8')).toContain('alice')
    } finally {
      child.kill('SIGKILL')
    }
  })

  test('refuses a port that is none', async () => {
    const child = spawn(process.execPath, ['sandbox/main.ts', '--port', 'http'], { env: {} })
    const [code] = await once(child, 'exit')
    expect(code).toBe(1)
  })
})
