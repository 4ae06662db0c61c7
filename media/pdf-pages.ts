import { getResolvedPDFJS } from 'unpdf'
import { type FileWindow, withFileWindow } from './file-window.ts'
import { broken, MediaRefused, unsupported } from './refusal.ts'

/** pdf.js searches a damaged file from front to back, for minutes: it gets so much to read. */
const MAX_READ_BYTES = 16 * 1024 * 1024
/** The end of a file is looked for as readers do it. */
const TAIL_BYTES = 2_048

/** Number of pages. Throws MediaRefused for what is damaged, encrypted or cut off. */
export function pdfPages(path: string, fileName: string): Promise<number> {
  return withFileWindow(path, async (file) => {
    // Before pdf.js, which would try to mend it.
    if (!(await hasEnd(file))) throw broken(fileName)
    try {
      return await countPages(file, fileName)
    } catch (error) {
      throw error instanceof MediaRefused ? error : broken(fileName, error)
    }
  })
}

/** `startxref` with the place of a cross-reference table or stream. */
async function hasEnd(file: FileWindow): Promise<boolean> {
  const tail = (await file.read(Math.max(0, file.bytes - TAIL_BYTES), TAIL_BYTES)).toString(
    'latin1',
  )
  const [, offset] = /startxref\s+(\d{1,15})\s+%%EOF(?![\s\S]*startxref)/.exec(tail) ?? []
  if (offset === undefined) return false
  const table = (await file.read(Number(offset), 32)).toString('latin1')
  return /^\s*(xref|\d+\s+\d+\s+obj)/.test(table)
}

async function countPages(file: FileWindow, fileName: string): Promise<number> {
  const { getDocument, PDFDataRangeTransport, PasswordException } = await getResolvedPDFJS()
  const exhausted = Promise.withResolvers<never>()
  let read = 0
  const range = new (class extends PDFDataRangeTransport {
    override requestDataRange(begin: number, end: number): void {
      read += end - begin
      if (read > MAX_READ_BYTES) exhausted.reject(broken(fileName))
      else file.copy(begin, end).then((b) => this.onDataRange(begin, b), exhausted.reject)
    }
  })(file.bytes, null)
  const task = getDocument({ range, disableAutoFetch: true, disableStream: true, ...QUIET })
  try {
    const document = await Promise.race([task.promise, exhausted.promise])
    const { info } = await Promise.race([document.getMetadata(), exhausted.promise])
    if ('EncryptFilterName' in info && info.EncryptFilterName) throw encrypted(fileName)
    await Promise.race([document.getPage(1), exhausted.promise])
    return document.numPages
  } catch (error) {
    throw error instanceof PasswordException ? encrypted(fileName) : error
  } finally {
    await task.destroy()
  }
}

const QUIET = { stopAtErrors: true, isEvalSupported: false, useSystemFonts: true, verbosity: 0 }

function encrypted(fileName: string): MediaRefused {
  return unsupported(fileName, 'is protected by a password', 'Save it without protection.')
}
