import { makeOpenApi } from '../../contract/openapi.ts'
import { defineOperation, NOTHING, type Operation } from '../../contract/operation.ts'
import { REFERENCE } from '../../docs-assets.ts'
import { renderErrors } from '../../docs-page.ts'

const shared = {
  method: 'get',
  tags: ['service'],
  access: 'public',
  audit: 'none',
  idempotency: 'inherent',
  params: NOTHING,
  query: NOTHING,
  body: NOTHING,
  errors: [],
} as const

/** The API's descriptions of itself; `all` also holds these three once they are made. */
export function documentOperations(
  all: () => readonly Operation[],
  publicUrl: string,
): Operation[] {
  const document = once(() => makeOpenApi(all(), publicUrl))
  return [
    defineOperation({
      ...shared,
      id: 'getOpenApi',
      path: '/openapi.json',
      summary: 'This document',
      success: { status: 200, description: 'OpenAPI 3.1.', content: 'document' },
      handler: async () => ({ body: { ...document() } }),
    }),
    defineOperation({
      ...shared,
      id: 'getReference',
      path: '/docs',
      summary: 'The reference for people',
      success: { status: 200, description: 'A page.', content: 'html' },
      handler: async () => ({ text: REFERENCE }),
    }),
    defineOperation({
      ...shared,
      id: 'getErrorReference',
      path: '/docs/errors',
      summary: 'All error codes',
      success: { status: 200, description: 'A page.', content: 'html' },
      handler: async () => ({ text: renderErrors() }),
    }),
  ]
}

/** Rendered at the first request: the operations do not change while the process lives. */
function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
