import { fileTypeFromFile } from 'file-type'
import { makeGate } from './gate.ts'
import { documentType, probeDocument } from './probe-document.ts'
import { probeImage } from './probe-image.ts'
import { probeVideo } from './probe-video.ts'
import { MediaRefused, type ProbedFacts, type RefusalCode, unsupported } from './refusal.ts'

/** `message` is for a marketer. */
export type Probed =
  | { ok: true; facts: ProbedFacts }
  | { ok: false; code: RefusalCode; message: string }

/** Decoders take some memory each. */
const gate = makeGate(2)

/**
 * The fact sheet of a file by its content; its name only decides between older Office files and is
 * quoted in refusals. Memory stays flat whatever the size.
 */
export async function probeFile(path: string, fileName: string): Promise<Probed> {
  try {
    return { ok: true, facts: await gate(() => probe(path, fileName)) }
  } catch (error) {
    if (!(error instanceof MediaRefused)) throw error
    return { ok: false, code: error.code, message: error.message }
  }
}

async function probe(path: string, fileName: string): Promise<ProbedFacts> {
  const detected = (await fileTypeFromFile(path))?.mime ?? ''
  const type = ALIASES[detected] ?? detected
  if (IMAGES.includes(type)) return probeImage(path, fileName, type)
  if (VIDEOS.includes(type)) return probeVideo(path, fileName, type)
  const document = documentType(type, fileName)
  if (document !== undefined) return probeDocument(path, fileName, document)
  throw unsupported(fileName, 'is a kind of file that cannot be posted', adviceFor(type))
}

const IMAGES = ['image/jpeg', 'image/png', 'image/webp', 'image/gif']
const VIDEOS = ['video/mp4', 'video/quicktime', 'video/webm']
/** M4V is MP4 by the name that Apple gives it; platforms know the latter. */
const ALIASES: Readonly<Record<string, string>> = { 'video/x-m4v': 'video/mp4' }

function adviceFor(type: string): string {
  if (/^image\/(heic|heif|avif)/.test(type)) {
    return 'Platforms do not take HEIC and AVIF: save it as JPEG.'
  }
  if (type.startsWith('image/')) return 'Save it as JPEG, PNG, WebP or GIF.'
  if (type.startsWith('video/')) return 'Save it as MP4.'
  return 'Use JPEG, PNG, WebP, GIF, MP4, MOV, WebM, PDF, Word or PowerPoint.'
}
