/**
 * A small process beside the one that starts servers. It is told of each server on stdin, one JSON
 * line each; when stdin ends, the owner is gone, however it died, and every server still known is
 * stopped and its scratch folder removed. Without it a kill -9 of a test run would leave servers.
 */
import { rmSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { isAlive } from './tool-cache.ts'

const GRACE_MS = 3_000
const POLL_MS = 50

interface Charge {
  pid: number
  signal: NodeJS.Signals
  removeDir?: string
}

const charges = new Map<number, Charge>()

// The terminal's Ctrl-C is for the owner, whose end is then seen here.
process.on('SIGINT', () => undefined)
process.on('SIGTERM', () => undefined)

for await (const line of createInterface({ input: process.stdin })) note(line)
await Promise.all([...charges.values()].map(reap))

function note(line: string): void {
  const message: { add?: Charge; drop?: number } = JSON.parse(line)
  if (message.add !== undefined) charges.set(message.add.pid, message.add)
  if (message.drop !== undefined) charges.delete(message.drop)
}

async function reap(charge: Charge): Promise<void> {
  send(charge.pid, charge.signal)
  const giveUpAt = Date.now() + GRACE_MS
  while (isAlive(charge.pid) && Date.now() < giveUpAt) await pause(POLL_MS)
  if (isAlive(charge.pid)) send(charge.pid, 'SIGKILL')
  if (charge.removeDir !== undefined) rmSync(charge.removeDir, { recursive: true, force: true })
}

function send(pid: number, signal: NodeJS.Signals): void {
  if (isAlive(pid)) process.kill(pid, signal)
}
