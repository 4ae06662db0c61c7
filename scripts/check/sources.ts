import type { ParsedSource } from './parse-source.ts'
import { parseSource } from './parse-source.ts'
import { isSource, projectFiles, ROOT, readProjectFile } from './project-files.ts'

export interface Source extends ParsedSource {
  path: string
  text: string
}

/** Every TypeScript file of the project with what the rules need to know of it. */
export function loadSources(root: string = ROOT): Source[] {
  return projectFiles(root)
    .filter(isSource)
    .map((path) => {
      const text = readProjectFile(path, root)
      return { path, text, ...parseSource(text) }
    })
}
