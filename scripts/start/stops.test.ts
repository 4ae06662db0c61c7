import { expect, test } from '@jest/globals'
import { makeStops, STAGES } from './stops.ts'

/** Parts that write down when they begin and end to stop. */
function recorder() {
  const stops = makeStops()
  const log: string[] = []
  const add = (title: string, stage: number, error?: unknown) =>
    stops.add({
      ...{ title, stage },
      stop: async () => {
        log.push(`${title} begins`)
        await Promise.resolve()
        log.push(`${title} ends`)
        if (error !== undefined) throw error
      },
      kill: async () => {
        log.push(`${title} killed`)
        if (error !== undefined) throw error
      },
    })
  return { stops, log, add }
}

test('callers stop before what they call, whatever was started first', async () => {
  const { stops, log, add } = recorder()
  add('PostgreSQL', STAGES.postgres)
  add('Temporal', STAGES.temporal)
  add('Sandbox', STAGES.sandbox)
  add('API', STAGES.clarion)
  await stops.stopAll(() => log.push('problem'))
  expect(log.filter((line) => line.endsWith('begins'))).toEqual([
    'API begins',
    'Sandbox begins',
    'Temporal begins',
    'PostgreSQL begins',
  ])
  // Each stage has ended when the next begins.
  expect(log.indexOf('API ends')).toBeLessThan(log.indexOf('Sandbox begins'))
  expect(log.indexOf('Temporal ends')).toBeLessThan(log.indexOf('PostgreSQL begins'))
})

test('parts of one stage stop together', async () => {
  const { stops, log, add } = recorder()
  add('API', STAGES.clarion)
  add('Worker', STAGES.clarion)
  await stops.stopAll(() => log.push('problem'))
  expect(log).toEqual(['API begins', 'Worker begins', 'API ends', 'Worker ends'])
})

test('one that does not stop is named, and the others stop all the same', async () => {
  const { stops, log, add } = recorder()
  const problems: string[] = []
  add('PostgreSQL', STAGES.postgres)
  add('API', STAGES.clarion, new Error('it hangs'))
  add('Worker', STAGES.clarion, 'no error but a word')
  await stops.stopAll((line) => problems.push(line))
  expect(problems).toEqual([
    'API did not stop: it hangs',
    'Worker did not stop: no error but a word',
  ])
  expect(log).toContain('PostgreSQL ends')
})

test('everything is killed, even when one of them resists', async () => {
  const { stops, log, add } = recorder()
  add('API', STAGES.clarion, new Error('it is gone'))
  add('PostgreSQL', STAGES.postgres)
  await stops.killAll()
  expect(log).toEqual(['API killed', 'PostgreSQL killed'])
})
