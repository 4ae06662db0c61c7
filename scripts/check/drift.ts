import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { renderEnvExample } from '../../config/env-example.ts'
import { SEARCH_ATTRIBUTES } from '../../workflows/search-attributes.ts'
import { SEARCH_ATTRIBUTES as AT_START } from '../tools/temporal.ts'
import { renderErrorsDoc } from './errors-doc.ts'
import { renderOutcomesDoc } from './outcomes-doc.ts'
import { ROOT, readProjectFile } from './project-files.ts'

/** Files that are made from code, by path. */
const GENERATED: Readonly<Record<string, () => string>> = {
  'docs/errors.md': renderErrorsDoc,
  'docs/publishing-outcomes.md': renderOutcomesDoc,
  '.env.example': renderEnvExample,
}

const HOW = 'npm run check -- --write makes it anew'

/** Copies that no longer say what the code says. */
export function driftFaults(): string[] {
  return [...generatedFaults(), ...searchAttributeFaults()]
}

export function writeGenerated(): void {
  for (const [path, render] of Object.entries(GENERATED)) {
    writeFileSync(join(ROOT, path), render())
  }
}

function generatedFaults(): string[] {
  return Object.entries(GENERATED).flatMap(([path, render]) =>
    textOf(path) === render() ? [] : [`${path} differs from the code it is made from; ${HOW}`],
  )
}

/** `npm start`, Docker Compose and the code must name the same search attributes. */
function searchAttributeFaults(): string[] {
  const wanted = Object.values(SEARCH_ATTRIBUTES).map(({ name, type }) => pair(name, type))
  const lists = {
    'scripts/tools/temporal.ts': Object.entries(AT_START).map(([name, type]) => pair(name, type)),
    'deploy/temporal/namespace.sh': attributesOfScript(),
  }
  return Object.entries(lists)
    .filter(([, list]) => list.sort().join() !== wanted.sort().join())
    .map(([path]) => `${path} does not register the attributes of workflows/search-attributes.ts`)
}

function attributesOfScript(): string[] {
  const script = textOf('deploy/temporal/namespace.sh')
  return [...script.matchAll(/^attribute (\w+) (\w+)$/gm)].map(([, name, type]) =>
    pair(name ?? '', type ?? ''),
  )
}

function pair(name: string, type: string): string {
  return `${name}:${type.toLowerCase()}`
}

function textOf(path: string): string {
  try {
    return readProjectFile(path)
  } catch {
    return ''
  }
}
