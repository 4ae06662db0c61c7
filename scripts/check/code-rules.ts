import type { Breach } from './import-rules.ts'
import { folderOf, isTest } from './project-files.ts'
import type { Source } from './sources.ts'

const READS_ENVIRONMENT = ['config', 'scripts', 'test', 'bench']
const ENVIRONMENT = /\bprocess\.env\b/
/** Words of tokens in every spelling that occurs: `accessToken`, `client_secret` … */
const TOKEN_WORDS = /(access|refresh)_?token|client_?secret|ciphertext/i

const KEBAB = /^[a-z0-9]+(-[a-z0-9]+)*$/
const CAMEL = /^[a-z]+([A-Z][a-z0-9]*)+$/
const SUFFIXES = /(\.test|\.config)?\.ts$/

/** STYLE.md: only config/ and the tools read the environment. */
export function environmentBreaches(sources: readonly Source[]): Breach[] {
  return sources
    .filter(({ path }) => !READS_ENVIRONMENT.includes(folderOf(path)) && !isTest(path))
    .flatMap((source) => matching(source, ENVIRONMENT, 'process.env is read in config/ alone'))
}

/** STYLE.md TYPE1. */
export function anyBreaches(sources: readonly Source[]): Breach[] {
  return sources.flatMap(({ path, anyLines }) =>
    anyLines.map((line) => ({ path, line, words: 'the type any is not used here' })),
  )
}

/** STYLE.md WF3: what workflow code cannot name cannot get into a history. */
export function tokenBreaches(sources: readonly Source[]): Breach[] {
  return sources
    .filter(({ path }) => folderOf(path) === 'workflows' && !isTest(path))
    .flatMap((source) => matching(source, TOKEN_WORDS, 'workflows know nothing of tokens'))
}

/** STYLE.md NAME1: one operation gives its file its name, other files are kebab-case. */
export function nameBreaches(sources: readonly Source[]): Breach[] {
  return sources.flatMap(({ path, exportedNames }) => {
    const name = path.slice(path.lastIndexOf('/') + 1).replace(SUFFIXES, '')
    if (KEBAB.test(name) || isTestOfNamed(path, name)) return []
    if (CAMEL.test(name) && exportedNames.includes(name)) return []
    return [{ path, line: 1, words: `is not kebab-case and exports no ${name}` }]
  })
}

function isTestOfNamed(path: string, name: string): boolean {
  return path.endsWith('.test.ts') && CAMEL.test(name)
}

function matching(source: Source, pattern: RegExp, words: string): Breach[] {
  return source.text
    .split('\n')
    .flatMap((text, index) =>
      pattern.test(text) ? [{ path: source.path, line: index + 1, words }] : [],
    )
}
