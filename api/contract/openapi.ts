import { z } from 'zod'
import type {
  ZodOpenApiOperationObject,
  ZodOpenApiResponseObject,
  ZodOpenApiResponsesObject,
} from 'zod-openapi'
import { createDocument } from 'zod-openapi'
import type { ErrorCode } from '../../domain/errors.ts'
import { ERRORS } from '../../domain/errors.ts'
import { SCOPES } from '../policies/scopes.ts'
import type { Content, Operation } from './operation.ts'
import { NOTHING } from './operation.ts'
import { problemSchema } from './schemas/common.ts'
import { webhookSection } from './webhook-section.ts'

/** Headers of every answer, problems included. */
const HEADERS = {
  'X-Request-Id': z
    .string()
    .meta({ description: 'Yours, or one we made; name it when you ask us.' }),
  RateLimit: z
    .string()
    .meta({ description: 'What is left of the quota.', example: '"key";r=599;t=60' }),
  'RateLimit-Policy': z.string().meta({ description: 'The quota.', example: '"key";q=600;w=60' }),
}

/** The OpenAPI 3.1 document of these operations, from the schemas that validate them. */
export function makeOpenApi(operations: readonly Operation[], publicUrl: string) {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {}
  for (const operation of operations) {
    paths[operation.path] = {
      ...paths[operation.path],
      [operation.method]: describe(operation),
    }
  }
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Clarion',
      version: '1',
      description: INTRODUCTION,
    },
    servers: [{ url: publicUrl }],
    tags: TAGS.map(([name, description]) => ({ name, description })),
    paths,
    webhooks: webhookSection(),
    components: {
      securitySchemes: {
        apiKey: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'clr_…',
          description: `API key. Scopes: ${SCOPES.join(', ')}; admin includes all.`,
        },
      },
    },
  })
}

const INTRODUCTION = [
  'Publishes social posts durably: once, on time, with the truth told afterwards.',
  'Instants are RFC 3339. Errors are problem details (RFC 9457) with a stable `code`.',
  'Every POST takes an `Idempotency-Key`: a repeat within 24 hours is answered as the first time.',
].join('\n\n')

/** Sections of the reference, in this order. */
const TAGS: readonly (readonly [string, string])[] = [
  ['posts', 'Posts and what may be done with them.'],
  ['media', 'Files of posts.'],
  ['connections', 'Connected accounts.'],
  ['platform-apps', 'The tenant’s own apps at the platforms.'],
  ['platforms', 'What each platform offers.'],
  ['webhooks', 'Addresses that are told what happens, and what they are told.'],
  ['audit', 'Who did what.'],
  ['service', 'Health, metrics, documentation.'],
]

function describe(operation: Operation): ZodOpenApiOperationObject {
  const scopes = typeof operation.access === 'string' ? scopesOf(operation) : []
  return {
    operationId: operation.id,
    summary: operation.summary,
    description: operation.description,
    tags: [...operation.tags],
    security: operation.access === 'public' ? [] : [{ apiKey: scopes }],
    requestParams: {
      ...(operation.params === NOTHING ? {} : { path: objectOf(operation.params) }),
      ...(operation.query === NOTHING ? {} : { query: objectOf(operation.query) }),
      header: requestHeaders(operation),
    },
    ...(operation.body === NOTHING ? {} : { requestBody: requestBody(operation) }),
    responses: responsesOf(operation),
  }
}

function scopesOf(operation: Operation): string[] {
  return operation.access === 'authenticated' ? [] : [operation.access]
}

function requestBody(operation: Operation) {
  return {
    // A command whose fields are all optional may be sent without a body.
    required: !operation.body.safeParse({}).success,
    content: {
      'application/json': { schema: operation.body },
      ...(operation.takesFile ? { 'multipart/form-data': { schema: UPLOAD } } : {}),
    },
  }
}

/** Written by hand: what validates it is the parser of forms. */
const UPLOAD = {
  type: 'object' as const,
  required: ['file'],
  properties: {
    file: { type: 'string' as const, format: 'binary' },
    file_name: { type: 'string' as const, description: 'Default: the name that `file` has.' },
  },
}

/** Headers that the runner reads; the operation's schemas know only path, query and body. */
function requestHeaders(operation: Operation) {
  return z.object({
    'X-Request-Id': z.string().max(128).optional(),
    ...(operation.idempotency === 'key'
      ? { 'Idempotency-Key': z.string().min(1).max(255).optional() }
      : {}),
    ...(operation.ifMatch
      ? {
          'If-Match': z
            .string()
            .optional()
            .meta({ description: 'The ETag you have read.', example: '"3"' }),
        }
      : {}),
  })
}

/** One entry per status: codes that share a status are told apart by their examples. */
function responsesOf(operation: Operation): ZodOpenApiResponsesObject {
  const { success } = operation
  const answer = (description: string): ZodOpenApiResponseObject => ({
    description,
    headers: z.object({
      ...HEADERS,
      ...(success.etag ? { ETag: z.string().meta({ example: '"3"' }) } : {}),
      ...(operation.idempotency === 'key'
        ? { 'Idempotency-Replayed': z.literal('true').optional() }
        : {}),
    }),
    ...contentOf(success.content),
  })
  const answers: ZodOpenApiResponsesObject = {
    ...(success.orKnown === undefined ? {} : { '200': answer(success.orKnown) }),
    [`${success.status}`]: answer(success.description),
  }
  const byStatus = Map.groupBy(operation.errors, (code) => ERRORS[code].status)
  const problems = [...byStatus]
    .sort(([a], [b]) => a - b)
    .map(([status, codes]) => [String(status), problemResponse(codes)])
  return { ...answers, ...Object.fromEntries(problems) }
}

function contentOf(content: Content) {
  if (content instanceof z.ZodType) return { content: { 'application/json': { schema: content } } }
  const schema = { type: 'string' as const }
  if (content === 'html') return { content: { 'text/html': { schema } } }
  if (content === 'text') return { content: { 'text/plain': { schema } } }
  if (content === 'document') {
    return { content: { 'application/json': { schema: { type: 'object' as const } } } }
  }
  return {}
}

function problemResponse(codes: readonly ErrorCode[]): ZodOpenApiResponseObject {
  const examples = codes.map((code) => [
    code,
    { summary: ERRORS[code].title, value: exampleOf(code) },
  ])
  const lines = codes.map((code) => `- \`${code}\`: ${ERRORS[code].title} ${ERRORS[code].action}`)
  return {
    description: lines.join('\n'),
    headers: z.object(HEADERS),
    content: {
      'application/problem+json': { schema: problemSchema, examples: Object.fromEntries(examples) },
    },
  }
}

/** From the catalogue itself, so that the examples cannot drift from what is answered. */
function exampleOf(code: ErrorCode) {
  const { status, title, action, retryable } = ERRORS[code]
  return {
    type: `https://clarion.example/docs/errors#${code}`,
    title,
    status,
    code,
    detail: title,
    action,
    retryable,
    request_id: '0f8e1c9a-5a52-4c5e-9b0c-6d8f2f1a7b3d',
  }
}

/** Throws at the first rendering, hence in tests, when an operation breaks the rule. */
function objectOf(schema: z.ZodType): z.ZodObject {
  if (schema instanceof z.ZodObject) return schema
  throw new Error('Path and query are described by objects.')
}
