import type { Response } from 'express'
import { z } from 'zod'
import type { Answer, AnswerMeta, Content, Operation } from '../contract/operation.ts'
import type { StoredAnswer } from './idempotency.ts'
import { etagOf } from './if-match.ts'

const JSON_TYPE = 'application/json; charset=utf-8'

/**
 * Writes a handler's answer; status and content are the operation's unless the answer says
 * otherwise.
 */
export function sendAnswer(
  response: Response,
  operation: Operation,
  answer: Answer<Content>,
): void {
  response.set(headersOf(operation, answer))
  response.status(answer.status ?? operation.success.status)
  if ('redirect' in answer) {
    response.status(302).set('location', answer.redirect).end()
    return
  }
  if ('text' in answer) {
    response.type(answer.contentType ?? typeOf(operation.success.content)).end(answer.text)
    return
  }
  if ('body' in answer) sendJson(response, answer.body)
  else response.end()
}

/** Repeats a kept answer, problems included, and marks it as repeated. */
export function sendStored(response: Response, stored: StoredAnswer): void {
  response.set(stored.headers).set('idempotency-replayed', 'true').status(stored.status)
  if (stored.body === null) {
    response.end()
    return
  }
  sendJson(response, stored.body)
}

/** `end` and not `json`: Express would answer 304 by an ETag that names only the revision. */
export function sendJson(response: Response, body: unknown): void {
  if (!response.hasHeader('content-type')) response.set('content-type', JSON_TYPE)
  response.end(JSON.stringify(body))
}

/**
 * An answer as it is kept under an Idempotency-Key: nothing of the request's own, such as its id.
 */
export function storedAnswer(
  operation: Operation,
  answer: AnswerMeta & { body?: unknown },
): StoredAnswer {
  return {
    status: answer.status ?? operation.success.status,
    body: answer.body ?? null,
    headers: headersOf(operation, answer),
  }
}

function headersOf(operation: Operation, answer: AnswerMeta): Record<string, string> {
  return {
    ...(operation.success.etag && answer.revision !== undefined
      ? { etag: etagOf(answer.revision) }
      : {}),
    ...(answer.location === undefined ? {} : { location: answer.location }),
  }
}

function typeOf(content: Content): string {
  return content === 'html' || content === 'redirect' ? 'html' : 'text'
}

/** Outside production an answer that differs from its documented schema is an error. */
export function checkAnswer(operation: Operation, answer: Answer<Content>): void {
  const { content } = operation.success
  if (!(content instanceof z.ZodType) || !('body' in answer)) return
  const result = content.safeParse(answer.body)
  if (!result.success) {
    throw new Error(`${operation.id} answers what its schema does not say: ${result.error.message}`)
  }
}
