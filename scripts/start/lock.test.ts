import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { lockHome } from './lock.ts'

let home: string

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'clarion-lock-'))
})

afterEach(() => rmSync(home, { recursive: true }))

test('a released lock can be taken again', () => {
  lockHome(home)()
  lockHome(home)
  expect(holder()).toBe(process.pid)
})

test('the lock of a process that is gone is taken over', () => {
  const { pid } = spawnSync(process.execPath, ['--version'])
  writeFileSync(join(home, 'lock'), String(pid))
  lockHome(home)
  expect(holder()).toBe(process.pid)
})

test('the lock of a living process of another program is taken over', () => {
  // Its id was reused: this test's parent is no npm start.
  writeFileSync(join(home, 'lock'), String(process.ppid))
  lockHome(home)
  expect(holder()).toBe(process.pid)
})

function holder(): number {
  return Number(readFileSync(join(home, 'lock'), 'utf8'))
}
