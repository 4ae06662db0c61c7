import { z } from 'zod'
import { resolveImport } from './import-rules.ts'
import { projectFiles, readProjectFile } from './project-files.ts'
import type { Source } from './sources.ts'

/** Programs that docker-compose.yml starts in our image. */
const PROGRAMS = [
  'api/main.ts',
  'worker/main.ts',
  'scripts/migrate.ts',
  'deploy/vault/bootstrap.ts',
  'deploy/health/worker.ts',
]
/** Named by path, not by import: the bundler takes it from there. */
const BUNDLED = 'workflows/index.ts'

const packageFile = z.object({ dependencies: z.record(z.string(), z.string()) })

/** What the image would lack: the Dockerfile copies folders by name, and installs no dev packages. */
export function imageFaults(
  sources: readonly Source[],
  dockerfile: string = readProjectFile('Dockerfile'),
): string[] {
  const copied = copiedPaths(dockerfile)
  const all = projectFiles()
  const gone = copied.filter((path) => !all.some((file) => isWithin(file, path)))
  const needed = closureOf([...PROGRAMS, BUNDLED], sources)
  const left = [...needed.files].filter((file) => !copied.some((path) => isWithin(file, path)))
  const { dependencies } = packageFile.parse(JSON.parse(readProjectFile('package.json')))
  const missing = [...needed.packages].filter((name) => !Object.hasOwn(dependencies, name))
  return [
    ...gone.map((path) => `Dockerfile copies ${path}, which is not there`),
    ...left.map((file) => `Dockerfile does not copy ${file}, which the image needs`),
    ...missing.map((name) => `the image needs ${name}, which is not under dependencies`),
  ]
}

function copiedPaths(dockerfile: string): string[] {
  return [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, paths]) =>
    (paths ?? '').split(' '),
  )
}

function isWithin(file: string, path: string): boolean {
  return file === path || file.startsWith(`${path}/`)
}

/** All files and packages that are loaded at run time when these files are. */
function closureOf(entries: readonly string[], sources: readonly Source[]) {
  const byPath = new Map(sources.map((source) => [source.path, source]))
  const files = new Set<string>()
  const packages = new Set<string>()
  const walk = (path: string): void => {
    if (files.has(path)) return
    files.add(path)
    for (const one of byPath.get(path)?.imports ?? []) {
      if (one.isType) continue
      const target = resolveImport(path, one.specifier)
      if (target !== undefined) walk(target)
      else if (!one.specifier.startsWith('node:')) packages.add(packageOf(one.specifier))
    }
  }
  for (const entry of entries) walk(entry)
  return { files, packages }
}

function packageOf(specifier: string): string {
  const parts = specifier.split('/')
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/')
}
