import type { Media } from '../../domain/media.ts'
import type { Access } from '../call.ts'
import type { Attempt, Content, Draft, Prepared, Workbench } from '../connector.ts'

export function makeDraft(text: string, settings: Draft['settings'] = {}): Draft {
  const createdAt = new Date('2026-11-21T12:00:00.123Z')
  const nothing = { role: 'post' as const, media: [], attached: {} }
  return { ...nothing, text, settings, idempotencyKey: 'intent-1', createdAt }
}

/** A picture of 1200 × 800 pixels and ten bytes. */
export function makeMedia(more: Partial<Media> = {}): Media {
  return {
    id: 'file-1',
    kind: 'image',
    mimeType: 'image/jpeg',
    bytes: 10,
    sha256: 'a'.repeat(64),
    fileName: 'photo.jpg',
    width: 1200,
    height: 800,
    ...more,
  }
}

export function makeContent(text: string, more: Partial<Content> = {}): Content {
  return { text, settings: {}, media: [], attached: {}, thread: [], ...more }
}

export interface Bench extends Workbench {
  saved: Prepared[]
  pausesMs: number[]
}

/** Remembers what it is told and never waits. */
export function makeBench(prepared?: Prepared): Bench {
  const saved: Prepared[] = []
  const pausesMs: number[] = []
  return {
    ...(prepared ? { prepared } : {}),
    saved,
    pausesMs,
    save: async (one) => void saved.push(JSON.parse(JSON.stringify(one))),
    pause: async (ms) => void pausesMs.push(ms),
  }
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
