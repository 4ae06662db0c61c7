import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { RunFile } from './run-file.ts'
import { forgetRunFile, writeRunFile } from './run-file.ts'

const RUN: RunFile = {
  ...{ api_url: 'http://localhost:3000', console_url: null, sandbox_url: 'http://localhost:3400' },
  ...{ temporal_address: '127.0.0.1:7233', temporal_ui_url: null, vault_addr: null },
  ...{ database_url: 'postgresql://a:secret@127.0.0.1:5433/clarion' },
  ...{ tenant_id: 't', api_key: 'clr_secret', pid: 1 },
}

let home: string
let path: string

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'clarion-run-'))
  path = join(home, 'run.json')
})
afterEach(() => rmSync(home, { recursive: true }))

const mode = () => statSync(path).mode & 0o777

test('it says what scripts need, to its owner alone', () => {
  writeRunFile(home, RUN)
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(RUN)
  expect(mode()).toBe(0o600)
})

test('one that others could read is closed to them', () => {
  writeFileSync(path, '{"an": "earlier, and longer, file of another run"}'.repeat(50))
  chmodSync(path, 0o644)
  writeRunFile(home, RUN)
  expect(mode()).toBe(0o600)
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(RUN)
})

test('it is forgotten, once or twice', () => {
  writeRunFile(home, RUN)
  forgetRunFile(home)
  expect(existsSync(path)).toBe(false)
  expect(() => forgetRunFile(home)).not.toThrow()
})
