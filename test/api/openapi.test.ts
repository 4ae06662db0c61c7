import { readdir } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { ERRORS } from '../../domain/errors.ts'
import { startTestApi, type TestApi } from './support/api.ts'
import { type Client, makeClient } from './support/client.ts'

interface Operation {
  operationId: string
  summary: string
  tags: string[]
  parameters?: { name: string; in: string; schema: object }[]
  responses: Record<string, { description: string; content?: Record<string, Media> }>
}

interface Media {
  schema: object
  examples?: Record<string, { value: object }>
}

interface Document {
  openapi: string
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, object> }
}

let api: TestApi
let alice: Client
let document: Document

beforeAll(async () => {
  api = await startTestApi()
  alice = makeClient(api.url, api.alice.key)
  document = JSON.parse((await alice.get('/openapi.json', { key: '' })).text)
})
afterAll(() => api.close())

const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })),
  )

describe('the OpenAPI document', () => {
  test('has the operation of every route file, and no other', async () => {
    const files = await readdir(new URL('../../api/routes/', import.meta.url), { recursive: true })
    const names = files
      .flatMap((file) => /([^/]+)\.ts$/.exec(file)?.[1] ?? [])
      .filter((name) => name !== 'index' && name !== 'documents')
    const ofDocuments = ['getOpenApi', 'getReference', 'getErrorReference']
    expect(
      operations()
        .map(({ operationId }) => operationId)
        .sort(),
    ).toEqual([...names, ...ofDocuments].sort())
  })

  test('every described operation is served, and says what it may refuse', async () => {
    for (const { path, method, responses } of operations()) {
      const filled = path.replace('{id}', crypto.randomUUID()).replace('{platform}', 'nowhere')
      const reply = await alice.send(method.toUpperCase(), filled, { key: '' })
      expect([path, reply.status]).not.toEqual([path, 405])
      expect(Object.keys(responses)).toContain('500')
      expect(Object.keys(responses)).toContain('503')
      const hasPublicAnswer = Object.keys(responses).some((status) => /^[23]/.test(status))
      expect(hasPublicAnswer).toBe(true)
    }
  })

  test('is OpenAPI 3.1 whose schemas are JSON Schema and whose references lead somewhere', () => {
    expect(document.openapi).toBe('3.1.0')
    const ajv = new Ajv2020({ strict: false, validateFormats: false })
    ajv.addSchema({ ...document, $id: 'openapi' })
    for (const name of Object.keys(document.components.schemas)) {
      expect(ajv.getSchema(`openapi#/components/schemas/${name}`)).toBeDefined()
    }
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)]
    expect(references.length).toBeGreaterThan(10)
    for (const [, path = ''] of references) expect(at(path)).toBeDefined()
    const ids = operations().map(({ operationId }) => operationId)
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('every path parameter is described', () => {
    for (const { path, parameters = [] } of operations()) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
      const described = parameters.filter((one) => one.in === 'path').map(({ name }) => name)
      expect([path, described]).toEqual([path, named])
    }
  })

  test('examples of problems fit their schema, and every code is documented somewhere', () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false })
    ajv.addSchema({ ...document, $id: 'openapi' })
    const validate = ajv.getSchema('openapi#/components/schemas/Problem')
    const codes = new Set<string>()
    for (const { responses } of operations()) {
      for (const { content } of Object.values(responses)) {
        const examples = content?.['application/problem+json']?.examples ?? {}
        for (const [code, { value }] of Object.entries(examples)) {
          codes.add(code)
          expect(validate?.(value)).toBe(true)
        }
      }
    }
    // Answered by the server itself, for addresses that are no operation: files among them.
    for (const code of ['method_not_allowed', 'media_link_invalid', 'range_not_satisfiable']) {
      codes.add(code)
    }
    expect([...codes].sort()).toEqual(Object.keys(ERRORS).sort())
  })

  test('what is answered fits what is described', async () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false })
    ajv.addSchema({ ...document, $id: 'openapi' })
    const validate = ajv.getSchema('openapi#/components/schemas/Me')
    const { text } = await alice.get('/v1/me')
    expect([validate?.(JSON.parse(text)), validate?.errors]).toEqual([true, null])
    const problem = ajv.getSchema('openapi#/components/schemas/Problem')
    const refused = await alice.get('/v1/me', { key: '' })
    expect([problem?.(JSON.parse(refused.text)), problem?.errors]).toEqual([true, null])
  })
})

test('the reference page loads all it needs from here, the error page names every code', async () => {
  const reference = await alice.get('/docs', { key: '' })
  const needed = [...reference.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(
    ([, path]) => path ?? '',
  )
  expect(needed).toContain('/docs/assets/swagger-ui-bundle.js')
  for (const path of needed) {
    expect(path).toMatch(/^\//)
    expect((await alice.get(path, { key: '' })).status).toBe(200)
  }
  const errors = await alice.get('/docs/errors', { key: '' })
  for (const code of Object.keys(ERRORS)) expect(errors.text).toContain(`id="${code}"`)
})

function at(path: string): unknown {
  return path.split('/').reduce<unknown>((value, key) => {
    if (typeof value !== 'object' || value === null) return undefined
    return new Map(Object.entries(value)).get(key)
  }, document)
}
