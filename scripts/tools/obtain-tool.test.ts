import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { findTool, obtainTool, type ToolRecipe, type ToolSource } from './obtain-tool.ts'
import { ToolMissing } from './tool-missing.ts'

const RIGHT = '#!/bin/sh\necho "gadget version 2"\n'
const NAMESAKE = '#!/bin/sh\necho "another gadget"\n'
const realPath = process.env.PATH ?? ''

let dir = ''
let lines: string[] = []

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'clarion-tools-'))
  lines = []
  process.env.CLARION_CACHE = join(dir, 'cache')
  process.env.PATH = `${join(dir, 'path')}:${realPath}`
  delete process.env.GADGET_BIN
  await mkdir(join(dir, 'path'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

function recipe(...sources: ToolSource[]): ToolRecipe {
  return {
    title: 'Gadget',
    command: 'clarion-gadget',
    envVar: 'GADGET_BIN',
    probe: { args: ['--version'], answer: 'gadget version' },
    sources,
    remedy: 'Install it.',
  }
}

function source(kind: ToolSource['kind'], script: string | Error): ToolSource & { runs: number } {
  return {
    kind,
    version: `${kind}-1`,
    runs: 0,
    async fetch(scratchDir, onProgress) {
      this.runs += 1
      onProgress(`fetching by ${kind}`)
      if (script instanceof Error) throw script
      return putProgram(scratchDir, script)
    },
  }
}

async function putProgram(
  folder: string,
  script: string,
  name = 'clarion-gadget',
): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, script, { mode: 0o755 })
  return path
}

const note = (line: string) => void lines.push(line)
const cached = () => readdir(join(dir, 'cache', 'bin'))

describe('the order', () => {
  test('the variable goes before PATH, PATH before the cache, the cache before a fetch', async () => {
    const pypi = source('pypi', RIGHT)
    expect(await obtainTool(recipe(pypi), note)).toMatchObject({ source: 'pypi' })
    expect(await obtainTool(recipe(pypi), note)).toMatchObject({ source: 'cache' })
    const onPath = await putProgram(join(dir, 'path'), RIGHT)
    expect(await obtainTool(recipe(pypi), note)).toEqual({ path: onPath, source: 'path' })
    const own = await putProgram(dir, RIGHT, 'own')
    process.env.GADGET_BIN = own
    expect(await obtainTool(recipe(pypi), note)).toEqual({ path: own, source: 'env' })
    expect(pypi.runs).toBe(1)
  })

  test('another program of the same name on PATH is passed over', async () => {
    await putProgram(join(dir, 'path'), NAMESAKE)
    expect(await findTool(recipe())).toBeUndefined()
  })

  test('the next source is tried when one fails or brings what does not run', async () => {
    const tool = await obtainTool(
      recipe(
        source('download', new Error('no network')),
        source('pypi', NAMESAKE),
        source('go', RIGHT),
      ),
      note,
    )
    expect(tool.source).toBe('go')
    expect(await cached()).toEqual(['clarion-gadget-go-1'])
  })
})

describe('what is missing', () => {
  test('is one line with each reason and the remedy', async () => {
    const call = obtainTool(
      recipe(source('download', new Error('no\nnetwork')), source('go', new Error('no go'))),
      note,
    )
    await expect(call).rejects.toThrow(
      new ToolMissing('Gadget', ['download: no network', 'go: no go'], 'Install it.'),
    )
    await expect(call).rejects.toMatchObject({ message: expect.not.stringContaining('\n') })
    expect(await cached()).toEqual([])
  })

  test('a variable that names nothing is told, not passed over', async () => {
    process.env.GADGET_BIN = join(dir, 'nowhere')
    await expect(findTool(recipe())).rejects.toThrow(/GADGET_BIN names .*nowhere/)
  })
})

test('two that want it at once fetch it once', async () => {
  const pypi = source('pypi', RIGHT)
  const tools = await Promise.all([1, 2, 3].map(() => obtainTool(recipe(pypi), note)))
  expect(new Set(tools.map(({ path }) => path)).size).toBe(1)
  expect(pypi.runs).toBe(1)
  expect(lines).toContain('Gadget: another process is fetching it, waiting')
})

test('a lock left by a process that died holds nobody up', async () => {
  await mkdir(join(dir, 'cache', 'bin'), { recursive: true })
  // Above the highest process id of any Linux.
  await writeFile(join(dir, 'cache', 'bin', '.clarion-gadget.lock'), '4194999')
  expect(await obtainTool(recipe(source('pypi', RIGHT)), note)).toMatchObject({ source: 'pypi' })
})
