import type { Server } from 'node:http'
import { request as send } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import express from 'express'
import { ClarionError } from '../../domain/errors.ts'
import { readBody } from './read-body.ts'

const MAX_BYTES = 256 * 1024

let server: Server
let port: number

beforeAll(async () => {
  const app = express()
  app.use(async (request, response) => {
    try {
      const body = await readBody(request, response)
      response.json({ body: body === undefined ? 'undefined' : body })
    } catch (error) {
      response.json({ error: nameOf(error) })
    }
  })
  const listening = Promise.withResolvers<void>()
  server = app.listen(0, '127.0.0.1', () => listening.resolve())
  await listening.promise
  const address: AddressInfo | string | null = server.address()
  port = typeof address === 'object' && address !== null ? address.port : 0
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

/** Our code, or the name that body-parser gives. */
function nameOf(error: unknown): unknown {
  if (error instanceof ClarionError) return error.code
  return typeof error === 'object' && error !== null && 'type' in error ? error.type : 'unknown'
}

function post(body: string | Buffer, headers: Record<string, string | number>): Promise<unknown> {
  const answer = Promise.withResolvers<unknown>()
  const request = send({ port, host: '127.0.0.1', method: 'POST', headers }, (response) => {
    const chunks: Buffer[] = []
    response.on('data', (chunk: Buffer) => chunks.push(chunk))
    response.on('end', () => answer.resolve(JSON.parse(Buffer.concat(chunks).toString())))
  })
  request.on('error', answer.reject)
  request.end(body)
  return answer.promise
}

const JSON_TYPE = { 'content-type': 'application/json' }
/** A JSON string of so many bytes. */
const ofBytes = (count: number) => `"${'x'.repeat(count - 2)}"`

describe('a body', () => {
  test.each([
    'application/json',
    'application/json; charset=utf-8',
    'application/merge-patch+json',
  ])('of type %s is read', async (type) => {
    const read = await post('{"a":[1]}', { 'content-type': type })
    expect(read).toEqual({ body: { a: [1] } })
  })

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'text/json', ''])(
    'of type %j is refused',
    async (type) => {
      const read = await post('{"a":1}', type === '' ? {} : { 'content-type': type })
      expect(read).toEqual({ error: 'unsupported_media_type' })
    },
  )

  test.each(['null', '1', '"text"'])('%s is JSON too', async (text) => {
    expect(await post(text, JSON_TYPE)).toEqual({ body: JSON.parse(text) })
  })

  test('that is no JSON is refused', async () => {
    expect(await post('{"a":', JSON_TYPE)).toEqual({ error: 'entity.parse.failed' })
  })

  test('that was not sent needs no type', async () => {
    expect(await post('', { 'content-length': 0 })).toEqual({ body: 'undefined' })
  })
})

describe('the size of a body', () => {
  test('may be the limit', async () => {
    const text = ofBytes(MAX_BYTES)
    const read = await post(text, { ...JSON_TYPE, 'content-length': text.length })
    expect(read).toEqual({ body: JSON.parse(text) })
  })

  test('that is announced above it is refused', async () => {
    const text = ofBytes(MAX_BYTES + 1)
    const read = await post(text, { ...JSON_TYPE, 'content-length': text.length })
    expect(read).toEqual({ error: 'body_too_large' })
  })

  test('that is not announced is counted', async () => {
    const read = await post(ofBytes(MAX_BYTES + 1), {
      ...JSON_TYPE,
      'transfer-encoding': 'chunked',
    })
    expect(read).toEqual({ error: 'entity.too.large' })
  })
})
