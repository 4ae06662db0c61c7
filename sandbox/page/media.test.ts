import { readFile } from 'node:fs/promises'
import { expect, test } from '@jest/globals'
import { makeImage, makePdf, makeVideo } from '../../test/support/media-files.ts'
import { call, withSandbox } from '../testing/http.ts'
import { postOf, publish, publisher } from '../testing/linkedin-posts.ts'

const SHA = 'a'.repeat(64)

test('the page shows the files of posts, and the posts of organizations', () =>
  withSandbox({}, async ({ url, state }) => {
    const made = [await makeImage(), await makeVideo({ durationMs: 500 }), makePdf()]
    for (const { path } of made) {
      const name = state.shelf.create()
      state.shelf.append(name, await readFile(path))
      state.shelf.finish(name)
    }
    const [image, video, pdf] = made.map(({ facts }) => facts.sha256)
    const media = made.map(({ facts }) => facts.sha256)
    const account_id = state.accounts.byHandle('x', 'alice')?.account_id ?? ''
    const post = { platform: 'x' as const, account_id, platform_post_id: '1', text: 'Files' }
    state.posts.accept({ ...post, media: [...media, SHA] }, Date.now())
    const page = String((await call(url)).body)
    expect(page).toContain(`<img src="/_sandbox/media/${image}"`)
    expect(page).toContain(`<video src="/_sandbox/media/${video}"`)
    expect(page).toContain(`<a href="/_sandbox/media/${pdf}">Document</a>`)
    expect(page).not.toContain(SHA)
    const who = await publisher(url)
    const urn = await publish(who, postOf(who.organization, 'From the company'))
    const visit = await fetch(`${url}/linkedin/feed/update/${urn}`)
    const timeline = await visit.text()
    expect(timeline).toContain('Adler Coffee')
    expect(timeline).toContain('From the company')
  }))

test('a file is served as what it is, and as nothing that runs', () =>
  withSandbox({}, async ({ url, state }) => {
    const { path, facts } = await makeImage({ format: 'png' })
    const name = state.shelf.create()
    state.shelf.append(name, await readFile(path))
    state.shelf.finish(name)
    const reply = await fetch(`${url}/_sandbox/media/${facts.sha256}`)
    expect(reply.headers.get('content-type')).toBe('image/png')
    expect(reply.headers.get('x-content-type-options')).toBe('nosniff')
    expect((await reply.arrayBuffer()).byteLength).toBe(facts.bytes)
    state.shelf.discard(name)
    expect((await call(`${url}/_sandbox/media/${facts.sha256}`)).status).toBe(404)
  }))
