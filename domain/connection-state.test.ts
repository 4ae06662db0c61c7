import { describe, expect, test } from '@jest/globals'
import {
  CONNECTION_STATUSES,
  CONNECTION_TRANSITIONS,
  connectionActions,
  REFRESH_MODELS,
} from './connection-state.ts'

describe('a connection', () => {
  test.each(CONNECTION_STATUSES.filter((status) => status !== 'active'))(
    'comes back from %s by reconnecting',
    (status) => {
      expect(CONNECTION_TRANSITIONS[status]).toContain('active')
      const actions = connectionActions({ status, refreshModel: 'rotating' })
      expect(actions).toContain('reconnect')
    },
  )

  test.each(CONNECTION_STATUSES)('in %s is ended by disconnect unless it is ended', (status) => {
    const canEnd = CONNECTION_TRANSITIONS[status].includes('disconnected')
    const actions = connectionActions({ status, refreshModel: 'rotating' })
    expect(actions.includes('disconnect')).toBe(canEnd)
  })

  test.each(REFRESH_MODELS)('with %s tokens is refreshed while active, if ever', (refreshModel) => {
    for (const status of CONNECTION_STATUSES) {
      const can = connectionActions({ status, refreshModel }).includes('refresh')
      expect(can).toBe(status === 'active' && refreshModel !== 'none')
    }
  })

  test('never moves to the state it is in, nor to pending', () => {
    for (const status of CONNECTION_STATUSES) {
      expect(CONNECTION_TRANSITIONS[status]).not.toContain(status)
      expect(CONNECTION_TRANSITIONS[status]).not.toContain('pending')
    }
  })
})
