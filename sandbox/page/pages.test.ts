import { expect, test } from '@jest/globals'
import { call, withSandbox } from '../testing/http.ts'

test('a page has the tags of a link card, and a picture', () =>
  withSandbox({}, async ({ url }) => {
    const page = String((await call(`${url}/_pages/news`)).body)
    expect(page).toContain('<meta property="og:title" content="Page “news” &amp; more">')
    expect(page).toContain('What news is about: &lt;tags&gt;')
    const picture = /og:image" content="([^"]+)"/.exec(page)?.[1] ?? ''
    const reply = await fetch(picture)
    expect([reply.status, reply.headers.get('content-type')]).toEqual([200, 'image/png'])
    expect((await reply.arrayBuffer()).byteLength).toBeLessThan(1_000_000)
  }))

test('some pages lack something', () =>
  withSandbox({}, async ({ url }) => {
    const body = async (name: string) => String((await call(`${url}/_pages/${name}`)).body)
    expect(await body('plain')).not.toContain('og:')
    expect(await body('no-image')).not.toContain('og:image')
    expect((await call(`${url}/_pages/missing`)).status).toBe(404)
    expect((await call(`${url}/_pages/broken-image/picture.png`)).status).toBe(404)
    const moved = await call(`${url}/_pages/moved`)
    expect([moved.status, moved.headers.get('location')]).toEqual([302, '/_pages/target'])
    const big = await fetch(`${url}/_pages/big-image/picture.png`)
    expect((await big.arrayBuffer()).byteLength).toBeGreaterThan(1_000_000)
  }))
