import { anyBreaches, environmentBreaches, nameBreaches, tokenBreaches } from './code-rules.ts'
import { cyclesOf, importGraph, longestChain } from './import-graph.ts'
import type { Breach } from './import-rules.ts'
import { importBreaches } from './import-rules.ts'
import { folderOf, isTest } from './project-files.ts'
import type { Source } from './sources.ts'

export const MAX_DEPTH = 10

/** Every rule of ARCHITECTURE.md and STYLE.md that can be read off the code, as lines. */
export function architectureFaults(sources: readonly Source[]): string[] {
  const breaches = [
    ...importBreaches(sources),
    ...environmentBreaches(sources),
    ...anyBreaches(sources),
    ...tokenBreaches(sources),
    ...nameBreaches(sources),
  ]
  return [...breaches.map(lineOf), ...cycleFaults(sources), ...depthFaults(sources)]
}

export function lineOf({ path, line, words }: Breach): string {
  return `${path}:${line} ${words}`
}

/** Types count too: two files that need each other's types belong together. */
export function cycleFaults(sources: readonly Source[]): string[] {
  const cycles = cyclesOf(importGraph(sources, true))
  return cycles.map((cycle) => `import cycle: ${cycle.join(' → ')}`)
}

/** Chains inside one folder: across folders the table says who comes after whom. */
export function depthFaults(sources: readonly Source[]): string[] {
  return deepestChains(sources)
    .filter((chain) => chain.length > MAX_DEPTH)
    .map((chain) => `imports ${chain.length} deep, at most ${MAX_DEPTH}: ${chain.join(' → ')}`)
}

/** The longest chain of imports that exist at run time, in each folder of product code. */
function deepestChains(sources: readonly Source[]): string[][] {
  const byFolder = Map.groupBy(productOf(sources), ({ path }) => folderOf(path))
  return [...byFolder.values()].map(longestOf)
}

/** Over all folders; printed with the budgets. */
export function deepestOverall(sources: readonly Source[]): string[] {
  return longestOf(productOf(sources))
}

function longestOf(sources: readonly Source[]): string[] {
  const graph = importGraph(sources, false)
  return cyclesOf(graph).length > 0 ? [] : longestChain(graph)
}

function productOf(sources: readonly Source[]): Source[] {
  return sources.filter(({ path }) => !isTest(path))
}
