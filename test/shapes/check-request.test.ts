import { describe, expect, test } from '@jest/globals'
import { makeRequestCheck } from './check-request.ts'
import type { Recorded } from './recording-http.ts'
import type { Description, Schema } from './vendor-sdk.ts'

const object = (properties: Record<string, Schema>, required: string[] = []) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
})
const none = object({})

const description: Description = {
  definitions: { Poll: object({ minutes: { type: 'integer' } }, ['minutes']) },
  operations: [
    {
      method: 'POST',
      path: '/posts',
      query: none,
      body: object({
        poll: { $ref: '#/definitions/Poll' },
        who: { enum: ['all', 'friends'] },
      }),
      bodyRequired: true,
    },
    { method: 'GET', path: '/posts/{id}', query: none, body: null, bodyRequired: false },
    {
      method: 'GET',
      path: '/posts/recent',
      query: object(
        {
          size: { type: 'integer', maximum: 100 },
          fields: { type: 'array', items: { enum: ['text', 'time'] } },
        },
        ['size'],
      ),
      body: null,
      bodyRequired: false,
    },
  ],
}
const { faultsOf, operationOf } = makeRequestCheck(description, '/v1')

const asked = (method: string, path: string, body?: unknown, isForm = false): Recorded => ({
  method,
  url: new URL(path, 'http://127.0.0.1'),
  body,
  isForm,
})

describe('a request', () => {
  test.each<[string, Recorded]>([
    ['a body', asked('POST', '/v1/posts', { poll: { minutes: 5 }, who: 'all' })],
    ['a form, whose numbers are text', asked('POST', '/v1/posts', { who: 'all' }, true)],
    ['a query with a list', asked('GET', '/v1/posts/recent?size=5&fields=text,time')],
    ['a path with an id', asked('GET', '/v1/posts/12')],
  ])('that is as described: %s', (_name, request) => {
    expect(faultsOf(request)).toEqual([])
  })

  test.each<[string, Recorded, string]>([
    ['an unknown path', asked('GET', '/v1/pages'), 'GET /v1/pages: not described'],
    ['another method', asked('PUT', '/v1/posts'), 'PUT /v1/posts: not described'],
    ['without its prefix', asked('GET', '/posts/12'), 'GET /posts/12: not described'],
    [
      'an unknown field',
      asked('POST', '/v1/posts', { colour: 1 }),
      'POST /posts: body must NOT have additional properties (colour)',
    ],
    [
      'an unknown field further down',
      asked('POST', '/v1/posts', { poll: { minutes: 5, hours: 1 } }),
      'POST /posts: body/poll must NOT have additional properties (hours)',
    ],
    [
      'a number as text in JSON',
      asked('POST', '/v1/posts', { poll: { minutes: '5' } }),
      'POST /posts: body/poll/minutes must be integer',
    ],
    [
      'what is missing',
      asked('POST', '/v1/posts', { poll: {} }),
      "POST /posts: body/poll must have required property 'minutes'",
    ],
    [
      'another word',
      asked('POST', '/v1/posts', { who: 'me' }),
      'POST /posts: body/who must be equal to one of the allowed values: all,friends',
    ],
    ['no body', asked('POST', '/v1/posts'), 'POST /posts: body is missing'],
    ['a body too many', asked('GET', '/v1/posts/1', {}), 'GET /posts/{id}: body is not described'],
    [
      'an unknown parameter',
      asked('GET', '/v1/posts/1?x=1'),
      'GET /posts/{id}: query must NOT have additional properties (x)',
    ],
    [
      'a parameter out of bounds',
      asked('GET', '/v1/posts/recent?size=101'),
      'GET /posts/recent: query/size must be <= 100',
    ],
    [
      'a word in a list',
      asked('GET', '/v1/posts/recent?size=1&fields=text,place'),
      'GET /posts/recent: query/fields/1 must be equal to one of the allowed values: text,time',
    ],
  ])('that is not: %s', (_name, request, fault) => {
    expect(faultsOf(request)).toEqual([fault])
  })

  test('is told by the path with the fewest placeholders', () => {
    expect(operationOf(asked('GET', '/v1/posts/recent'))).toBe('GET /posts/recent')
    expect(operationOf(asked('GET', '/v1/pages'))).toBeUndefined()
  })
})
