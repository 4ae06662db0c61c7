import { Writable } from 'node:stream'
import { expect, test } from '@jest/globals'
import { pino } from 'pino'
import { REDACTED } from './redacted.ts'

const SECRET = 'sbx_secret_1'

/** The line that a logger with these paths writes. */
function logged(fields: object): string {
  let text = ''
  const out = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk)
      done()
    },
  })
  pino({ redact: REDACTED }, out).warn(fields, 'a line')
  return text
}

test.each<[string, object]>([
  ['a header', { authorization: SECRET }],
  ['a header of a request', { req: { authorization: SECRET } }],
  ['all headers of a request', { req: { headers: { cookie: SECRET } } }],
  ['headers of a request that an error carries', { err: { request: { headers: [SECRET] } } }],
  ['the body of an answer', { response: { body: { any: SECRET } } }],
  ['the body of an answer that an error carries', { err: { response: { body: SECRET } } }],
  ['the settings of a client that an error carries', { err: { config: { auth: SECRET } } }],
  ['an access token', { grant: { access_token: SECRET } }],
  ['a refresh token', { grant: { refresh_token: SECRET } }],
  ['an app password', { body_of: { app_password: SECRET } }],
  ['a client secret', { app: { client_secret: SECRET } }],
  ['a code verifier', { session: { code_verifier: SECRET } }],
])('%s never enters a log', (_, fields) => {
  const line = logged({ ...fields, request_id: 'r1' })
  expect(line).not.toContain(SECRET)
  expect(JSON.parse(line)).toMatchObject({ msg: 'a line', request_id: 'r1' })
  expect(line).toContain('[redacted]')
})
