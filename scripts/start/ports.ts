import { setTimeout as pause } from 'node:timers/promises'
import { isPortFree } from '../tools/free-port.ts'
import type { Settings } from './settings.ts'

/** A run that was just stopped may hold its ports a moment longer than it lives. */
const WAIT_MS = 2_000
const POLL_MS = 100

/** Throws one line that names every taken port and its variable, before anything is started. */
export async function assertPortsFree(settings: Settings): Promise<void> {
  const giveUpAt = Date.now() + WAIT_MS
  let taken = await takenPorts(settings)
  while (taken.length > 0 && Date.now() < giveUpAt) {
    await pause(POLL_MS)
    taken = await takenPorts(settings)
  }
  if (taken.length === 0) return
  const names = taken.map(([variable, port]) => `${port} (${variable})`).join(', ')
  const [first] = taken.map(([variable, port]) => `${variable}=${port + 1000} npm start`)
  const [noun, verb] = taken.length === 1 ? ['Port', 'is'] : ['Ports', 'are']
  throw new Error(
    `${noun} ${names} ${verb} taken: stop what listens there, or choose others: ${first}`,
  )
}

async function takenPorts(settings: Settings): Promise<[string, number][]> {
  const wanted = wantedPorts(settings)
  const free = await Promise.all(wanted.map(([, port]) => isPortFree(port)))
  return wanted.filter((_, index) => free[index] === false)
}

function wantedPorts({ ports, external }: Settings): [string, number][] {
  const always: [string, number][] = [
    ['PORT', ports.api],
    ['SANDBOX_PORT', ports.sandbox],
  ]
  const temporal: [string, number][] = [
    ['TEMPORAL_PORT', ports.temporal],
    ['TEMPORAL_UI_PORT', ports.temporalUi],
  ]
  const postgres: [string, number][] = [['POSTGRES_PORT', ports.postgres]]
  return [
    ...always,
    ...(external.temporalAddress === undefined ? temporal : []),
    ...(external.databaseUrl === undefined ? postgres : []),
  ]
}
