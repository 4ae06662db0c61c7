import type { Access } from '../call.ts'
import type { Attempt, Draft } from '../connector.ts'

export function makeDraft(text: string, settings: Draft['settings'] = {}): Draft {
  const createdAt = new Date('2026-11-21T12:00:00.123Z')
  const nothing = { role: 'post' as const, media: [], attached: {} }
  return { ...nothing, text, settings, idempotencyKey: 'intent-1', createdAt }
}

export function makeAccess(more: Partial<Access> = {}): Access {
  return {
    accessToken: 'secret-access-token',
    tokenType: 'bearer',
    secrets: {},
    accountId: '42',
    accountHandle: 'alice',
    scopes: [],
    ...more,
  }
}

/** An attempt whose last byte left at 12:00:30. */
export function makeAttempt(draft: Draft, more: Partial<Attempt> = {}): Attempt {
  const sendBefore = new Date('2026-11-21T12:00:30Z')
  return { draft, startedAt: draft.createdAt, sendBefore, ...more }
}

export async function failureOf(promise: Promise<unknown> | undefined): Promise<unknown> {
  return Promise.resolve(promise).then(
    (value) => ({ unexpected: value }),
    (error: unknown) => error,
  )
}
