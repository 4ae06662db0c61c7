import { describe, expect, test } from '@jest/globals'
import { cycleFaults, depthFaults, lineOf } from '../scripts/check/architecture.ts'
import {
  anyBreaches,
  environmentBreaches,
  nameBreaches,
  tokenBreaches,
} from '../scripts/check/code-rules.ts'
import { importBreaches, MAY_IMPORT } from '../scripts/check/import-rules.ts'
import { folderOf } from '../scripts/check/project-files.ts'
import { loadSources } from '../scripts/check/sources.ts'

const sources = loadSources()
const TOOLS = ['scripts', 'test', 'bench']

describe('architecture', () => {
  test('every folder with code has a line in the table of imports', () => {
    const folders = [...new Set(sources.map(({ path }) => folderOf(path)))]
    expect(folders.filter((name) => !(name in MAY_IMPORT) && !TOOLS.includes(name))).toEqual([])
  })

  test('folders import only what the table allows', () => {
    expect(importBreaches(sources).map(lineOf)).toEqual([])
  })

  test('nothing imports itself in a circle', () => {
    expect(cycleFaults(sources)).toEqual([])
  })

  test('chains of imports inside a folder stay short', () => {
    expect(depthFaults(sources)).toEqual([])
  })

  test('the environment is read in config/ and in tools alone', () => {
    expect(environmentBreaches(sources).map(lineOf)).toEqual([])
  })

  test('nothing is typed any', () => {
    expect(anyBreaches(sources).map(lineOf)).toEqual([])
  })

  test('workflow code has no word for a token', () => {
    expect(tokenBreaches(sources).map(lineOf)).toEqual([])
  })

  test('files are named after their one operation, or in kebab-case', () => {
    expect(nameBreaches(sources).map(lineOf)).toEqual([])
  })
})
