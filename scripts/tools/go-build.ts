import { join } from 'node:path'
import type { Progress, ToolSource } from './obtain-tool.ts'
import { runCommand } from './run-command.ts'

const BUILD_TIMEOUT_MS = 40 * 60_000
const STILL_BUILDING_MS = 20_000

export interface GoRecipe {
  version: string
  /** The main package, often the module itself. */
  package: string
  program: string
  /** `-tags` of the build. */
  tags?: string
  /** What to expect, such as "about 5 minutes the first time". */
  duration: string
}

/**
 * A program built from Go modules. A scratch module with the program as a `tool` dependency is
 * built, and not `go install`, because that form refuses modules with replace directives and takes
 * no build flags from the recipe.
 */
export function goBuild(recipe: GoRecipe): ToolSource {
  return {
    kind: 'go',
    version: recipe.version,
    async fetch(scratchDir, onProgress) {
      const started = Date.now()
      onProgress(`${recipe.program}: building ${recipe.version} with Go (${recipe.duration})`)
      const timer = setInterval(() => {
        const seconds = Math.round((Date.now() - started) / 1000)
        onProgress(`${recipe.program}: still building (${seconds} s)`)
      }, STILL_BUILDING_MS)
      try {
        return await build(recipe, scratchDir, onProgress)
      } finally {
        clearInterval(timer)
      }
    },
  }
}

async function build(recipe: GoRecipe, dir: string, onProgress: Progress): Promise<string> {
  const path = join(dir, recipe.program)
  const tags = recipe.tags === undefined ? [] : ['-tags', recipe.tags]
  await go(['mod', 'init', 'clarion-tool'], dir)
  await go(['get', '-tool', `${recipe.package}@v${recipe.version}`], dir)
  onProgress(`${recipe.program}: modules are here, compiling`)
  await go(['build', ...tags, '-trimpath', '-ldflags', '-s -w', '-o', path, recipe.package], dir)
  return path
}

async function go(args: readonly string[], cwd: string): Promise<void> {
  const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=mod', GOWORK: 'off' }
  const result = await runCommand('go', args, { cwd, env, timeoutMs: BUILD_TIMEOUT_MS })
  if (result.problem !== undefined) throw new Error(result.problem)
}
