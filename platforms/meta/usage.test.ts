import { describe, expect, test } from '@jest/globals'
import { readUsage, regainedAt } from './usage.ts'

const NOW = new Date('2026-11-21T12:00:00Z')

function headersOf(app?: unknown, business?: unknown): Headers {
  const headers = new Headers()
  if (app !== undefined) headers.set('x-app-usage', JSON.stringify(app))
  if (business !== undefined) headers.set('x-business-use-case-usage', JSON.stringify(business))
  return headers
}

describe('usage headers', () => {
  test('the fullest share counts, rounded up', () => {
    const headers = headersOf(
      { call_count: 28, total_cputime: 25, total_time: 25.4 },
      { '104': [{ type: 'pages', call_count: 3, total_cputime: 61.2, total_time: 9 }] },
    )
    expect(readUsage(headers, NOW)).toEqual({ limit: 100, remaining: 38 })
  })

  test('more than all of it leaves nothing, until the minutes are over', () => {
    const share = (minutes: number) => ({
      type: 'instagram',
      call_count: 101,
      estimated_time_to_regain_access: minutes,
    })
    expect(readUsage(headersOf(undefined, { '1': [share(5)], '2': [share(19)] }), NOW)).toEqual({
      limit: 100,
      remaining: 0,
      resetsAt: new Date('2026-11-21T12:19:00Z'),
    })
  })

  test.each([
    ['no header', new Headers()],
    ['no JSON', new Headers({ 'x-app-usage': 'call_count=3' })],
    ['another shape', headersOf(undefined, { '1': 'full' })],
  ])('%s says nothing', (_name, headers) => {
    expect(readUsage(headers, NOW)).toBeUndefined()
    expect(regainedAt(headers, NOW)).toBeUndefined()
  })

  test('zero minutes are no wait', () => {
    const headers = headersOf(undefined, { '1': [{ estimated_time_to_regain_access: 0 }] })
    expect(regainedAt(headers, NOW)).toBeUndefined()
  })
})
