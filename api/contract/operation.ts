import type { EntityManager } from '@mikro-orm/postgresql'
import { z } from 'zod'
import type { ClarionError, ErrorCode, ProblemExtras } from '../../domain/errors.ts'
import { problem } from '../../domain/errors.ts'
import type { StagedFile } from '../../media/media-store.ts'
import type { Actor, Deps } from '../deps.ts'
import type { Scope } from '../policies/scopes.ts'
import { parseInput } from './parse-input.ts'

/** Who may call: holders of a scope, any valid key, or everybody. */
export type Access = Scope | 'authenticated' | 'public'

/** What the audit log keeps of a call that succeeded; `none` is a choice that has to be written. */
export type AuditChoice = { action: string; resource: string } | 'none'

/** POST takes an Idempotency-Key, always; the other methods are idempotent by themselves. */
export type IdempotencyOf<M extends Method> = M extends 'post' ? 'key' : 'inherent'

/** PUT is missing on purpose: changes are partial, by PATCH. */
export type Method = 'get' | 'post' | 'patch' | 'delete'

/** Kind of an answer: JSON by a schema, or one of those that have none. */
export type Content = z.ZodType | 'html' | 'text' | 'redirect' | 'empty' | 'document'

/** The one successful answer of an operation; failures are in `errors`. */
export interface Success<C extends Content> {
  status: 200 | 201 | 204 | 302
  description: string
  content: C
  /** True: the answer carries `ETag: "<revision>"`. */
  etag?: boolean
  /** When the same content is answered with 200 in place of 201. */
  orKnown?: string
}

/**
 * What a handler returns for a kind of content. A redirect may become a page, where no address to
 * lead on to is configured.
 */
export type Answer<C extends Content> = AnswerMeta &
  (C extends z.ZodType
    ? { body: z.output<C> }
    : C extends 'html' | 'text'
      ? { text: string; contentType?: string }
      : C extends 'redirect'
        ? { redirect: string } | { text: string; contentType?: string }
        : C extends 'document'
          ? { body: Readonly<Record<string, unknown>> }
          : object)

/**
 * Around the body: `status` overrides the documented one, `revision` becomes the ETag, `location`
 * the header of a created resource.
 */
export interface AnswerMeta {
  status?: number
  revision?: number
  location?: string
}

/** Makes an error of the codes an operation declares; anything else does not compile. */
export type Fail<E extends ErrorCode> = (code: E, extras?: ProblemExtras) => ClarionError

/** A file that came with the request; the runner removes it when the answer is out. */
export interface Upload {
  staged: StagedFile
  fileName: string
}

/** What surrounds every call, and what services below the handlers are given. */
export interface Requester<E extends ErrorCode> {
  deps: Deps
  actor: Actor
  requestId: string
  ip: string | undefined
  fail: Fail<E>
  /** Writes the audit row in the caller's transaction; without it the runner writes it afterwards. */
  audit(em: EntityManager, resourceId: string, detail?: Record<string, unknown>): Promise<void>
  /**
   * Stores the answer under the Idempotency-Key in the caller's transaction, so that a repeat after
   * a crash is answered and does nothing again.
   */
  remember(em: EntityManager, answer: AnswerMeta & { body: unknown }): Promise<void>
  /** Stable over repeats of the same request; the id of Temporal Updates. */
  commandId: string
  /** True when an Idempotency-Key was sent, so that `commandId` may have been used before. */
  hasKey: boolean
}

/**
 * What a handler is given: input as its schemas made it, and `fail` for the declared codes alone.
 */
export interface Context<P, Q, B, E extends ErrorCode> extends Requester<E> {
  params: P
  query: Q
  body: B
  /** Revision of If-Match; undefined when it was not sent, or `*`. */
  ifMatch: number | undefined
  /** Only where the operation takes files; the form's other fields are the body. */
  upload: Upload | undefined
}

/**
 * One operation, written once: the server mounts it, the input is validated by it, and the OpenAPI
 * document is rendered from it.
 */
export interface OperationSpec<
  M extends Method,
  P extends z.ZodType,
  Q extends z.ZodType,
  B extends z.ZodType,
  C extends Content,
  E extends ErrorCode,
> {
  id: string
  method: M
  /** OpenAPI form: `/v1/posts/{id}`. */
  path: string
  summary: string
  description?: string
  tags: readonly [string, ...string[]]
  access: Access
  audit: AuditChoice
  idempotency: IdempotencyOf<M>
  /** Takes If-Match with the revision the caller has read. */
  ifMatch?: boolean
  /** Takes a multipart form with a field `file` besides JSON. */
  takesFile?: boolean
  /** How long it may work before a repeat of its Idempotency-Key takes over, default 60 s. */
  leaseMs?: number
  params: P
  query: Q
  body: B
  success: Success<C>
  /** Codes the handler and its services may answer; those of the transport are added by itself. */
  errors: readonly E[]
  handler(context: Context<z.output<P>, z.output<Q>, z.output<B>, E>): Promise<Answer<C>>
}

/** What the runner gives to `handle`. */
export interface RawRequest extends Omit<Requester<never>, 'fail'> {
  params: unknown
  query: unknown
  body: unknown
  ifMatch: number | undefined
  upload: Upload | undefined
}

/** An operation without its types: what the server mounts and the OpenAPI document describes. */
export interface Operation {
  id: string
  method: Method
  path: string
  summary: string
  description?: string
  tags: readonly string[]
  access: Access
  audit: AuditChoice
  idempotency: 'key' | 'inherent'
  ifMatch: boolean
  takesFile: boolean
  leaseMs?: number
  params: z.ZodType
  query: z.ZodType
  body: z.ZodType
  success: Success<Content>
  errors: readonly ErrorCode[]
  /** Throws ClarionError `validation_failed` before anything is done. */
  parse(raw: RawRequest): () => Promise<Answer<Content>>
}

/** Schema of "nothing": an operation without path parameters, query or body. */
export const NOTHING = z.strictObject({})

/**
 * Erases the types of a spec for the list of operations, after the compiler has held the handler to
 * its schemas and codes. Throws nothing itself; `parse` may.
 */
export function defineOperation<
  const M extends Method,
  P extends z.ZodType,
  Q extends z.ZodType,
  B extends z.ZodType,
  const C extends Content,
  const E extends ErrorCode,
>(spec: OperationSpec<M, P, Q, B, C, E>): Operation {
  const { handler, ...described } = spec
  const fail: Fail<E> = (code, extras) => problem(code, extras)
  return {
    ...described,
    ifMatch: spec.ifMatch ?? false,
    takesFile: spec.takesFile ?? false,
    errors: effectiveErrors(spec),
    parse(raw) {
      const params = parseInput(spec.params, raw.params, 'path')
      const query = parseInput(spec.query, raw.query, 'query')
      const body = parseInput(spec.body, raw.body ?? {}, 'body')
      return () => handler({ ...raw, params, query, body, fail })
    },
  }
}

/** The declared codes and those that the transport itself may answer. */
function effectiveErrors(spec: {
  method: Method
  path: string
  access: Access
  ifMatch?: boolean
  takesFile?: boolean
  query: z.ZodType
  body: z.ZodType
  errors: readonly ErrorCode[]
}): ErrorCode[] {
  const codes = new Set<ErrorCode>(spec.errors)
  const add = (...more: ErrorCode[]) => {
    for (const code of more) codes.add(code)
  }
  // Every request passes the limits, and anything may meet a database that is away.
  add('rate_limited', 'service_unavailable', 'internal', 'invalid_header')
  if (spec.access !== 'public') add('unauthenticated')
  if (spec.access !== 'public' && spec.access !== 'authenticated') add('insufficient_scope')
  // A path that does not parse names nothing, see `parseInput`.
  if (spec.path.includes('{')) add('not_found')
  if (spec.query !== NOTHING || spec.body !== NOTHING) add('validation_failed')
  if (spec.method === 'post' || spec.method === 'patch') {
    add('malformed_json', 'body_too_large', 'unsupported_media_type', 'validation_failed')
  }
  if (spec.takesFile) add('malformed_upload', 'media_too_large')
  if (spec.method === 'post') add('idempotency_key_reused', 'idempotency_in_flight')
  // A connection lost during COMMIT: the change may or may not have been kept.
  if (spec.method !== 'get') add('outcome_pending')
  if (spec.ifMatch) add('precondition_failed')
  return [...codes]
}
