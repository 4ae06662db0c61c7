import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { ROOT } from './project-files.ts'

/** Runs a program of node_modules; answers the lines it printed if it failed, else nothing. */
export function runProgram(name: string, args: readonly string[]): Promise<string[]> {
  const program = join(ROOT, 'node_modules', '.bin', name)
  const child = spawn(program, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  const take = (chunk: Buffer) => {
    output += chunk.toString()
  }
  child.stdout.on('data', take)
  child.stderr.on('data', take)
  return new Promise((resolve) => {
    child.once('error', (error) => resolve([`${name} could not be started: ${error.message}`]))
    child.once('close', (code) => resolve(code === 0 ? [] : linesOf(name, output, code)))
  })
}

function linesOf(name: string, output: string, code: number | null): string[] {
  const lines = output.split('\n').filter((line) => line.trim() !== '')
  return lines.length > 0 ? lines : [`${name} ended with ${code}`]
}
