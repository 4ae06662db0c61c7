import type { Media } from '../../../domain/media.ts'
import type { Content, Prepared, PublishCall, Workbench } from '../../connector.ts'
import type { AnswerServer } from '../../testing/answer-server.ts'

export function makeFile(kind: Media['kind'] = 'image', more: Partial<Media> = {}): Media {
  const facts = { id: `${kind}-1`, kind, bytes: 100_000, sha256: 'ab'.repeat(32) }
  if (kind !== 'video') {
    const size = { width: 1080, height: 1080 }
    return { ...facts, mimeType: 'image/jpeg', fileName: 'a.jpg', ...size, ...more }
  }
  const shape = { width: 1080, height: 1920, durationMs: 10_000, frameRate: 30 }
  const codecs = { videoCodec: 'avc', audioCodec: 'aac' }
  return { ...facts, mimeType: 'video/mp4', fileName: 'a.mp4', ...shape, ...codecs, ...more }
}

export function makeContent(more: Partial<Content> = {}): Content {
  return { text: '', settings: {}, media: [], attached: {}, thread: [], ...more }
}

/** Files whose addresses and bytes tell their ids. */
export function publishCall(server: AnswerServer): PublishCall {
  const media: PublishCall['media'] = {
    exists: async () => true,
    url: (file) => `https://files.test/${file.id}`,
    async *read(file, range = { start: 0, end: file.bytes }) {
      yield Buffer.alloc(range.end - range.start, file.id)
    },
  }
  return { ...server.call, media }
}

export interface TestBench extends Workbench {
  saves: Prepared[]
  pauses: number[]
}

export function makeBench(prepared?: Prepared): TestBench {
  const saves: Prepared[] = []
  const pauses: number[] = []
  return {
    saves,
    pauses,
    ...(prepared ? { prepared } : {}),
    save: async (saved) => {
      saves.push(structuredClone(saved))
    },
    pause: async (ms) => {
      pauses.push(ms)
    },
  }
}

/** Codes and paths of findings, for comparison. */
export function codesOf(findings: readonly { code: string; path: string }[]): string[] {
  return findings.map(({ code, path }) => `${code} ${path}`)
}

/** What a promise ends with, one way or the other. */
export async function endOf(promise: Promise<unknown> | undefined): Promise<unknown> {
  return Promise.resolve(promise).catch((error: unknown) => error)
}
