import { createHash } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { blobCid, recordCid } from './cid.ts'

// The expected values were made with @ipld/dag-cbor and multiformats.
test('a record has the CID that other implementations give it', () => {
  expect(recordCid({})).toBe('bafyreigbtj4x7ip5legnfznufuopl4sg4knzc2cof6duas4b3q2fy6swua')
  const record = {
    $type: 'app.bsky.feed.post',
    text: `héllo 👩‍👩‍👧‍👦 ${'x'.repeat(300)}`,
    createdAt: '2026-12-01T09:00:00.000Z',
    langs: ['en'],
    big: 123_456_789_012,
    n: -70_000,
    nul: null,
    t: true,
    embed: {
      ref: { $link: 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku' },
      bytes: { $bytes: 'AQID' },
    },
  }
  expect(recordCid(record)).toBe('bafyreicmb3k4cy4vaek6owoi4cjdvpsi4bbv22f3m5lcgrvxjgnzfde7au')
})

test('a blob has a raw CID', () => {
  const sha256 = createHash('sha256').update('').digest('hex')
  expect(blobCid(sha256)).toBe('bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku')
})
