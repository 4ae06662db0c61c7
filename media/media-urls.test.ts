import { describe, expect, test } from '@jest/globals'
import { type MediaAddress, makeMediaUrls, publicName } from './media-urls.ts'

const NOW_MS = Date.parse('2026-12-01T09:00:00Z')
const clock = { nowMs: NOW_MS }
const urls = makeMediaUrls({
  baseUrl: 'https://clarion.example',
  secret: 'a secret of thirty-two characters',
  now: () => clock.nowMs,
})
const file = { id: 'm1', fileName: 'Übersicht für Anna.JPG', mimeType: 'image/jpeg' }

function parse(address: string): MediaAddress {
  const url = new URL(address)
  const [, , tenantId = '', mediaId = '', name = ''] = url.pathname.split('/')
  const part = (key: string) => url.searchParams.get(key) ?? ''
  return { tenantId, mediaId, name, expires: part('expires'), signature: part('signature') }
}

describe('an address', () => {
  test('names the file and is valid until it ends, for an hour unless told otherwise', () => {
    const address = urls.urlOf('t1', file)
    expect(address).toMatch(
      /^https:\/\/clarion\.example\/media\/t1\/m1\/Ubersicht-fur-Anna\.jpg\?expires=\d+&signature=[\w-]{43}$/,
    )
    const short = parse(urls.urlOf('t1', file, 1_000))
    for (const [parsed, endsMs] of [
      [parse(address), NOW_MS + 3_600_000],
      [short, NOW_MS + 1_000],
    ] as const) {
      clock.nowMs = endsMs - 1
      expect(urls.isValid(parsed)).toBe(true)
      clock.nowMs = endsMs
      expect(urls.isValid(parsed)).toBe(false)
    }
    clock.nowMs = NOW_MS
  })

  test.each<[keyof MediaAddress, string]>([
    ['tenantId', 't2'],
    ['mediaId', 'm2'],
    ['name', 'other.jpg'],
    ['expires', '99999999999'],
    ['expires', 'NaN'],
    ['signature', ''],
    ['signature', 'x'.repeat(43)],
    ['signature', 'ü'.repeat(43)],
  ])('with another %s is not valid: %s', (part, value) => {
    const address = parse(urls.urlOf('t1', file))
    expect(urls.isValid(address)).toBe(true)
    expect(urls.isValid({ ...address, [part]: value })).toBe(false)
  })

  test('of another secret is not valid', () => {
    const now = () => NOW_MS
    const others = makeMediaUrls({ baseUrl: '', secret: 'another', now })
    expect(others.isValid(parse(urls.urlOf('t1', file)))).toBe(false)
  })
})

test.each([
  ['photo.jpeg', 'image/jpeg', 'photo.jpg'],
  ['clip', 'video/mp4', 'clip.mp4'],
  ['日本.mov', 'video/quicktime', 'file.mov'],
  ['../../etc/passwd', 'image/png', 'etc-passwd.png'],
  ['offer.DOCX', 'application/msword', 'offer.docx'],
  ['a?b&c#d.gif', 'image/gif', 'a-b-c-d.gif'],
])('%p as %s is called %s in public', (fileName, mimeType, name) => {
  expect(publicName({ fileName, mimeType })).toBe(name)
})
