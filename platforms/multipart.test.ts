import { buffer } from 'node:stream/consumers'
import { expect, test } from '@jest/globals'
import { multipart } from './multipart.ts'

const bytes = new Uint8Array([0, 13, 10, 45, 45, 255])
const file = {
  ...{ name: 'file', fileName: 'a "b"\r\nc.jpg', mimeType: 'image/jpeg' },
  body: {
    bytes: bytes.length,
    open: async function* () {
      yield bytes.subarray(0, 2)
      yield bytes.subarray(2)
    },
  },
}

test('a form is as long as it says, and reads back as it was meant', async () => {
  const form = multipart(
    [
      ['title', 'Grüße & "quotes"'],
      ['odd "name"\n', '1'],
    ],
    file,
  )
  const body = await buffer(form.body.open())
  expect(body.length).toBe(form.body.bytes)
  const read = await new Response(body, {
    headers: { 'content-type': form.contentType },
  }).formData()
  expect(read.get('title')).toBe('Grüße & "quotes"')
  expect([...read.keys()]).toEqual(['title', expect.stringContaining('odd'), 'file'])
  const back = read.get('file')
  if (!(back instanceof File)) throw new Error('the file came back as a field')
  expect([back.type, new Uint8Array(await back.arrayBuffer())]).toEqual(['image/jpeg', bytes])
  // A name cannot end its header.
  expect(body.toString('latin1')).toContain('filename="a %22b%22%0D%0Ac.jpg"\r\n')
})

test('no two forms have the same boundary, and a form can be opened twice', async () => {
  const [one, two] = [multipart([], file), multipart([], file)]
  expect(one.contentType).not.toBe(two.contentType)
  const first = await buffer(one.body.open())
  expect(await buffer(one.body.open())).toEqual(first)
})
