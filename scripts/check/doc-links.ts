import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { projectFiles, ROOT, readProjectFile } from './project-files.ts'

const LINK = /\[[^\]]*\]\(([^)\s]+)\)/g
const FENCED = /^```[\s\S]*?^```/gm

/** Links of Markdown files to files or headings that are not there. */
export function linkFaults(root: string = ROOT): string[] {
  return projectFiles(root)
    .filter((path) => path.endsWith('.md'))
    .flatMap((path) => faultsOf(path, root))
}

function faultsOf(path: string, root: string): string[] {
  const text = readProjectFile(path, root).replace(FENCED, '')
  return [...text.matchAll(LINK)]
    .map(([, target]) => target ?? '')
    .filter((target) => !/^[a-z]+:/.test(target) && !isThere(path, target, root))
    .map((target) => `${path} links to ${target}, which is not there`)
}

function isThere(path: string, target: string, root: string): boolean {
  const [file = '', heading] = target.split('#')
  const place = file === '' ? path : join(dirname(path), file)
  if (!existsSync(join(root, place))) return false
  if (heading === undefined || !place.endsWith('.md')) return true
  return anchorsOf(readProjectFile(place, root)).includes(heading)
}

/** Anchors as Git hosts make them from headings, and our own `<a id>`. */
function anchorsOf(markdown: string): string[] {
  const headings = [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, words = '']) =>
    words
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
  const own = [...markdown.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id)
  return [...headings, ...own]
}
