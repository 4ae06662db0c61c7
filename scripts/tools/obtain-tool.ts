import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { messageOf } from './errno.ts'
import { runCommand } from './run-command.ts'
import { cachedTool, installTool, withToolLock } from './tool-cache.ts'
import { ToolMissing } from './tool-missing.ts'

export type Progress = (line: string) => void

export interface Tool {
  path: string
  source: 'env' | 'path' | 'cache' | ToolSource['kind']
}

export interface ToolSource {
  kind: 'download' | 'pypi' | 'go'
  version: string
  /** Fetches into an empty folder and returns the program's path; throws with a short reason. */
  fetch(scratchDir: string, onProgress: Progress): Promise<string>
}

export interface ToolRecipe {
  title: string
  command: string
  /** The variable that names an own copy and goes before everything else. */
  envVar: string
  /** Arguments and answer by which the program is told from another one of the same name. */
  probe?: { args: readonly string[]; answer: string }
  sources: readonly ToolSource[]
  remedy: string
}

const PROBE_TIMEOUT_MS = 20_000

/** Finds the program or fetches it, in this order: variable, PATH, cache, the recipe's sources. */
export async function obtainTool(recipe: ToolRecipe, onProgress: Progress): Promise<Tool> {
  const found = await findTool(recipe)
  if (found !== undefined) return found
  const onWait = () => onProgress(`${recipe.title}: another process is fetching it, waiting`)
  return withToolLock(recipe.command, onWait, () => fetchTool(recipe, onProgress))
}

/** Finds the program without fetching anything; undefined when it is not on this machine. */
export async function findTool(recipe: ToolRecipe): Promise<Tool | undefined> {
  const own = process.env[recipe.envVar]
  if (own) return ownTool(recipe, own)
  const onPath = findOnPath(recipe.command)
  if (onPath !== undefined && (await answers(recipe, onPath))) {
    return { path: onPath, source: 'path' }
  }
  return findCached(recipe)
}

function ownTool(recipe: ToolRecipe, path: string): Tool {
  if (isExecutable(path)) return { path, source: 'env' }
  throw new ToolMissing(
    recipe.title,
    [`${recipe.envVar} names ${path}, which cannot be run`],
    `Correct or unset ${recipe.envVar}.`,
  )
}

async function findCached(recipe: ToolRecipe): Promise<Tool | undefined> {
  for (const source of recipe.sources) {
    const path = await cachedTool(cacheName(recipe, source))
    if (path !== undefined) return { path, source: 'cache' }
  }
  return undefined
}

async function fetchTool(recipe: ToolRecipe, onProgress: Progress): Promise<Tool> {
  // Whoever held the lock before may have fetched it meanwhile.
  const cached = await findCached(recipe)
  if (cached !== undefined) return cached
  const tried: string[] = []
  for (const source of recipe.sources) {
    try {
      const path = await installTool(cacheName(recipe, source), (dir) =>
        fetchChecked(recipe, source, dir, onProgress),
      )
      onProgress(`${recipe.title} ${source.version}: ready`)
      return { path, source: source.kind }
    } catch (error) {
      tried.push(`${source.kind}: ${messageOf(error)}`)
    }
  }
  throw new ToolMissing(recipe.title, tried, recipe.remedy)
}

async function fetchChecked(
  recipe: ToolRecipe,
  source: ToolSource,
  scratchDir: string,
  onProgress: Progress,
): Promise<string> {
  const path = await source.fetch(scratchDir, onProgress)
  if (await answers(recipe, path)) return path
  throw new Error('the fetched program does not run on this machine')
}

async function answers(recipe: ToolRecipe, path: string): Promise<boolean> {
  if (recipe.probe === undefined) return true
  const result = await runCommand(path, recipe.probe.args, { timeoutMs: PROBE_TIMEOUT_MS })
  return result.code === 0 && result.output.includes(recipe.probe.answer)
}

function cacheName(recipe: ToolRecipe, source: ToolSource): string {
  return `${recipe.command}-${source.version}`
}

/** Path of a command on PATH, or undefined. */
export function findOnPath(command: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  return folders.map((folder) => join(folder, command)).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
