import { resolveImport } from './import-rules.ts'
import type { Source } from './sources.ts'

export type Graph = ReadonlyMap<string, readonly string[]>

/** Who imports whom among the project's files; `withTypes` counts erased imports too. */
export function importGraph(sources: readonly Source[], withTypes: boolean): Graph {
  const known = new Set(sources.map(({ path }) => path))
  return new Map(
    sources.map(({ path, imports }) => {
      const targets = imports
        .filter((one) => withTypes || !one.isType)
        .map((one) => resolveImport(path, one.specifier))
        .filter((target) => target !== undefined && known.has(target))
      return [path, [...new Set(targets)].flatMap((target) => target ?? [])]
    }),
  )
}

/** One path per cycle, first file repeated at the end; empty when there is none. */
export function cyclesOf(graph: Graph): string[][] {
  const cycles: string[][] = []
  const done = new Set<string>()
  const trail: string[] = []
  const walk = (path: string): void => {
    const at = trail.indexOf(path)
    if (at !== -1) cycles.push([...trail.slice(at), path])
    if (at !== -1 || done.has(path)) return
    trail.push(path)
    for (const next of graph.get(path) ?? []) walk(next)
    trail.pop()
    done.add(path)
  }
  for (const path of graph.keys()) walk(path)
  return cycles
}

/** The longest chain of imports, in files. Needs a graph without cycles. */
export function longestChain(graph: Graph): string[] {
  const known = new Map<string, string[]>()
  const chainFrom = (path: string): string[] => {
    const found = known.get(path)
    if (found !== undefined) return found
    const chains = (graph.get(path) ?? []).map(chainFrom)
    const chain = [path, ...longest(chains)]
    known.set(path, chain)
    return chain
  }
  return longest([...graph.keys()].map(chainFrom))
}

function longest(chains: readonly string[][]): string[] {
  return chains.reduce((best, chain) => (chain.length > best.length ? chain : best), [])
}
