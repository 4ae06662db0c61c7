import { describe, expect, test } from '@jest/globals'
import { transient } from '../domain/failures.ts'
import { untilProcessed } from './processing.ts'

const stillWorking = () => transient({ code: 'still_processing', message: 'Not yet.' })

function benchOf() {
  const pausesMs: number[] = []
  return { pausesMs, pause: async (ms: number) => void pausesMs.push(ms) }
}

describe('untilProcessed', () => {
  test('what is done at once needs no pause', async () => {
    const bench = benchOf()
    expect(await untilProcessed(bench, async () => ({ done: 7 }), stillWorking)).toBe(7)
    expect(bench.pausesMs).toEqual([])
  })

  test('waits longer where the platform says so, but never beyond ten seconds', async () => {
    const bench = benchOf()
    const seen = [{ checkAgainMs: 5_000 }, { checkAgainMs: 90_000 }, {}, { done: 'ready' }]
    const look = async () => seen.shift() ?? {}
    expect(await untilProcessed(bench, look, stillWorking)).toBe('ready')
    expect(bench.pausesMs).toEqual([5_000, 10_000, 3_000])
  })

  test('gives up after two minutes, with a last look', async () => {
    const bench = benchOf()
    let looks = 0
    const look = async () => {
      looks++
      return {}
    }
    await expect(untilProcessed(bench, look, stillWorking)).rejects.toMatchObject({
      code: 'still_processing',
    })
    const totalMs = bench.pausesMs.reduce((sum, ms) => sum + ms, 0)
    expect(totalMs).toBeLessThanOrEqual(120_000)
    expect(looks).toBe(bench.pausesMs.length + 1)
  })
})
