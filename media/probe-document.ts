import { withFileWindow } from './file-window.ts'
import { pdfPages } from './pdf-pages.ts'
import { broken, type ProbedFacts } from './refusal.ts'

/** Word and PowerPoint, by the type of their content or, for the older ones, of their name. */
const OFFICE: Readonly<Record<string, string>> = {
  doc: 'application/msword',
  ppt: 'application/vnd.ms-powerpoint',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  pptx: 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
}

/** The type of a document that can be taken; `detected` is what the bytes tell. */
export function documentType(detected: string, fileName: string): string | undefined {
  if (detected === 'application/pdf') return detected
  if (detected === OFFICE.docx || detected === OFFICE.pptx) return detected
  // Both are compound files, which tell no more than that at their beginning.
  const extension = fileName.split('.').at(-1)?.toLowerCase()
  if (detected !== 'application/x-cfb') return undefined
  return extension === 'doc' || extension === 'ppt' ? OFFICE[extension] : undefined
}

/** Throws MediaRefused. */
export async function probeDocument(
  path: string,
  fileName: string,
  mimeType: string,
): Promise<ProbedFacts> {
  if (mimeType === 'application/pdf') {
    return { kind: 'document', mimeType, pages: await pdfPages(path, fileName) }
  }
  const isZip = mimeType === OFFICE.docx || mimeType === OFFICE.pptx
  if (isZip && !(await hasZipDirectory(path))) throw broken(fileName)
  return { kind: 'document', mimeType }
}

/** The directory at the end, after which a comment of at most 64 KiB may follow. */
function hasZipDirectory(path: string): Promise<boolean> {
  return withFileWindow(path, async (file) => {
    const tail = await file.read(Math.max(0, file.bytes - 65_535), 65_535)
    return tail.includes('PK\u0005\u0006', 0, 'latin1')
  })
}
