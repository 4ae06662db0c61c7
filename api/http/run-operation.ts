import { createHash } from 'node:crypto'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { Request, Response } from 'express'
import { ERRORS, problem } from '../../domain/errors.ts'
import type { Answer, Content, Operation, RawRequest, Upload } from '../contract/operation.ts'
import type { Actor, Deps } from '../deps.ts'
import { appendAudit, PUBLIC_KEY } from './audit.ts'
import { auditRefusedKey } from './audit-refused-key.ts'
import { assertAllowed, authenticate } from './authenticate.ts'
import type { StoredAnswer, Ticket } from './idempotency.ts'
import { begin, readIdempotencyKey } from './idempotency.ts'
import { readIfMatch } from './if-match.ts'
import { toClarionError } from './problems.ts'
import type { RateLimits } from './rate-limits.ts'
import { readBody } from './read-body.ts'
import { isUpload, readUpload } from './read-upload.ts'
import type { RequestState } from './request-state.ts'
import { checkAnswer, sendAnswer, sendStored, storedAnswer } from './send-answer.ts'

/** Of public operations: nobody is known, and nothing of a tenant is touched. */
export const NOBODY: Actor = {
  tenantId: '00000000-0000-0000-0000-000000000000',
  userId: '00000000-0000-0000-0000-000000000000',
  keyId: PUBLIC_KEY,
  scopes: [],
}

/**
 * What every operation goes through, in this order: who, how often, may they, body, replay, input,
 * handler, audit, answer. Throws; the caller renders.
 */
export async function runOperation(
  deps: Deps,
  limits: RateLimits,
  operation: Operation,
  request: Request,
  response: Response,
  state: RequestState,
): Promise<void> {
  const actor = await admit(deps, limits, operation, request, response, state)
  state.actor = actor === NOBODY ? undefined : actor
  // Before the body is read: who may not call makes us parse nothing.
  await assertAllowedAudited(deps, operation, actor, state)
  const { upload, body } = await readInput(deps, operation, request, response)
  const input = { request, body, upload, ifMatch: ifMatchOf(operation, request) }
  try {
    await serve(deps, operation, actor, state, input, response)
  } finally {
    // By now it is kept under a name of its own, or not at all.
    await upload?.staged.discard()
  }
}

interface Input {
  request: Request
  body: unknown
  upload: Upload | undefined
  ifMatch: number | undefined
}

/** The JSON body, or a form with a file where the operation takes one. */
async function readInput(
  deps: Deps,
  operation: Operation,
  request: Request,
  response: Response,
): Promise<{ upload?: Upload; body: unknown }> {
  if (operation.takesFile && isUpload(request)) return readUpload(request, deps.media)
  return { body: await readBody(request, response) }
}

/** Performs the operation, or repeats what its Idempotency-Key was answered. */
async function serve(
  deps: Deps,
  operation: Operation,
  actor: Actor,
  state: RequestState,
  input: Input,
  response: Response,
): Promise<void> {
  const { request, upload } = input
  const key = operation.idempotency === 'key' ? header(request, 'idempotency-key') : undefined
  const idempotencyKey = readIdempotencyKey(key)
  // Keys belong to a tenant; public operations have none.
  if (idempotencyKey === undefined || actor === NOBODY) {
    const { answer } = await perform(deps, operation, actor, state, input, undefined)
    return sendAnswer(response, operation, answer)
  }
  const begun = await begin(deps, idempotencyKey, {
    tenantId: actor.tenantId,
    operation: operation.id,
    path: request.path,
    // Of an upload the bytes themselves, by their digest.
    body: upload === undefined ? input.body : { file: upload.staged.sha256, fields: input.body },
    leaseMs: operation.leaseMs,
  })
  if ('replay' in begun) return sendStored(response, begun.replay)
  await performOnce(deps, operation, actor, state, input, begun.ticket, response)
}

/**
 * Authenticates and counts. Throws `unauthenticated` or `rate_limited`; quota headers are set
 * either way.
 */
async function admit(
  deps: Deps,
  limits: RateLimits,
  operation: Operation,
  request: Request,
  response: Response,
  state: RequestState,
): Promise<Actor> {
  if (operation.access === 'public') {
    // Probes and scrapers call health and metrics often, and always from one address.
    if (!operation.tags.includes('service')) await countAddress(limits, request, response)
    return NOBODY
  }
  try {
    const actor = await authenticate(deps, header(request, 'authorization'))
    await obey(limits.byKey(actor.keyId), response)
    return actor
  } catch (error) {
    const known = toClarionError(error)
    if (known.code !== 'unauthenticated') throw known
    // Guessing keys is slowed down by address.
    await countAddress(limits, request, response)
    await auditRefusedKey(deps, header(request, 'authorization'), state)
    throw known
  }
}

function countAddress(limits: RateLimits, request: Request, response: Response): Promise<void> {
  return obey(limits.byAddress(request.ip ?? 'unknown'), response)
}

/** Sets the headers of the quota, then throws `rate_limited` when it is used up. */
async function obey(counting: ReturnType<RateLimits['byKey']>, response: Response): Promise<void> {
  const { headers, retryAfterSeconds } = await counting
  response.set(headers)
  if (retryAfterSeconds !== undefined) throw problem('rate_limited', { retryAfterSeconds })
}

/** A key that reaches further than it may is worth a row: it is a mistake or an attack. */
async function assertAllowedAudited(
  deps: Deps,
  operation: Operation,
  actor: Actor,
  state: RequestState,
): Promise<void> {
  try {
    assertAllowed(actor, operation.access)
  } catch (refusal) {
    const entry = { action: 'access.refused', resource: 'operation', resourceId: operation.id }
    await deps.db.withTenant(actor.tenantId, (em) => appendAudit(em, actor, state, entry))
    throw refusal
  }
}

function ifMatchOf(operation: Operation, request: Request): number | undefined {
  return operation.ifMatch ? readIfMatch(header(request, 'if-match')) : undefined
}

/** Runs the handler under an Idempotency-Key and keeps its answer, a final refusal included. */
async function performOnce(
  deps: Deps,
  operation: Operation,
  actor: Actor,
  state: RequestState,
  input: Input,
  ticket: Ticket,
  response: Response,
): Promise<void> {
  const { tenantId } = actor
  const keep = (answer: StoredAnswer) =>
    deps.db.withTenant(tenantId, (em) => ticket.complete(em, answer))
  let started = false
  try {
    const done = await perform(deps, operation, actor, state, input, ticket, () => {
      started = true
    })
    // Handlers that write rows have kept the answer in their own transaction.
    if (!done.isRemembered) await keep(storedAnswer(operation, done.answer))
    sendAnswer(response, operation, done.answer)
  } catch (error) {
    const known = toClarionError(error)
    const isFinal = !ERRORS[known.code].retryable
    // Only what the handler refused for good is repeated; input faults and outages leave the key
    // free.
    if (started && isFinal) await keep(state.render(known))
    else await ticket.release()
    throw known
  }
}

interface Performed {
  answer: Answer<Content>
  isRemembered: boolean
}

async function perform(
  deps: Deps,
  operation: Operation,
  actor: Actor,
  state: RequestState,
  input: Input,
  ticket: Ticket | undefined,
  onStart: () => void = () => undefined,
): Promise<Performed> {
  const done = { isRemembered: false, isAudited: false }
  const raw: RawRequest = {
    deps,
    actor,
    requestId: state.requestId,
    ip: input.request.ip,
    params: input.request.params,
    query: input.request.query,
    body: input.body,
    ifMatch: input.ifMatch,
    upload: input.upload,
    commandId: commandId(operation, actor, state, ticket),
    hasKey: ticket !== undefined,
    audit: async (em, resourceId, detail) => {
      done.isAudited = true
      await audit(em, operation, actor, state, resourceId, detail)
    },
    remember: async (em, answer) => {
      if (ticket === undefined) return
      await ticket.complete(em, storedAnswer(operation, answer))
      done.isRemembered = true
    },
  }
  // Faults of the input throw here, before `onStart`: such a request may be corrected under its
  // key.
  const run = operation.parse(raw)
  onStart()
  const answer = await run()
  if (deps.config.nodeEnv !== 'production') checkAnswer(operation, answer)
  // For handlers without a transaction of their own, such as commands that a workflow carries out.
  if (!done.isAudited && operation.audit !== 'none' && actor !== NOBODY) {
    const id = String(input.request.params.id ?? '')
    await deps.db.withTenant(actor.tenantId, (em) => audit(em, operation, actor, state, id))
  }
  return { answer, isRemembered: done.isRemembered }
}

async function audit(
  em: EntityManager,
  operation: Operation,
  actor: Actor,
  state: RequestState,
  resourceId: string,
  detail?: Record<string, unknown>,
): Promise<void> {
  if (operation.audit === 'none') return
  await appendAudit(em, actor, state, { ...operation.audit, resourceId, detail })
}

/** The same for every repeat of one keyed request, so that Temporal sees one Update. */
function commandId(
  operation: Operation,
  actor: Actor,
  state: RequestState,
  ticket: Ticket | undefined,
): string {
  const unique = ticket?.key ?? state.requestId
  return createHash('sha256')
    .update(`${operation.id}\n${actor.tenantId}\n${unique}`)
    .digest('base64url')
}

function header(request: Request, name: string): string | undefined {
  const value = request.headers[name]
  return Array.isArray(value) ? value[0] : value
}
