import { describe, expect, test } from '@jest/globals'
import type { PostCommandArgs, PostCommandName } from './contract.ts'
import { POST_COMMANDS } from './contract.ts'
import { parsePostCommand } from './post-command-args.ts'

const AT = '2026-12-01T09:00:00+01:00'
const AT_MS = Date.parse('2026-12-01T08:00:00Z')
const USER = '0d9f6f3e-0000-4000-8000-000000000001'

describe('arguments become a command', () => {
  test.each<[PostCommandName, PostCommandArgs, object]>([
    ['submit', {}, { type: 'submit' }],
    ['approve', {}, { type: 'approve', actorId: null }],
    ['approve', { actorId: USER }, { type: 'approve', actorId: USER }],
    ['reject', { actorId: null }, { type: 'reject', actorId: null }],
    ['schedule', { at: AT }, { type: 'schedule', at: AT_MS }],
    ['reschedule', { at: AT }, { type: 'reschedule', at: AT_MS }],
    ['unschedule', {}, { type: 'unschedule' }],
    ['publish', {}, { type: 'publish' }],
    ['cancel', {}, { type: 'cancel' }],
    ['retry', {}, { type: 'retry' }],
    ['retry', { at: AT, targetIds: ['a'] }, { type: 'retry', at: AT_MS, targetIds: ['a'] }],
    [
      'resolve',
      { targetId: 'a', as: 'not_published' },
      { type: 'resolve', targetId: 'a', as: 'not_published' },
    ],
    [
      'resolve',
      { targetId: 'a', as: 'published', platformPostId: 'p' },
      { type: 'resolve', targetId: 'a', as: 'published', platformPostId: 'p' },
    ],
  ])('%s %p', (name, args, command) => {
    expect(parsePostCommand(name, args)).toEqual(command)
  })
})

describe('what cannot be meant is explained', () => {
  test.each<[PostCommandName, object, string]>([
    ['schedule', {}, '"at"'],
    ['schedule', { at: 'tomorrow' }, '"at"'],
    ['schedule', { at: '2026-12-01T09:00:00' }, '"at"'],
    ['schedule', { at: '2026-13-41T09:00:00Z' }, '"at"'],
    ['reschedule', { at: 1_796_000_000_000 }, '"at"'],
    ['retry', { targetIds: 'a' }, '"targetIds"'],
    ['retry', { targetIds: null }, '"targetIds"'],
    ['retry', { targetIds: [1] }, '"targetIds"'],
    ['approve', { actorId: 'bob' }, '"actorId"'],
    ['approve', { approvalId: 7 }, '"approvalId"'],
    ['cancel', { expectedRevision: '2' }, '"expectedRevision"'],
    ['cancel', { seq: null }, '"seq"'],
    ['resolve', {}, '"targetId"'],
    ['resolve', { targetId: 'a' }, '"as"'],
    ['resolve', { targetId: 'a', as: 'published' }, '"platformPostId"'],
    ['resolve', { targetId: 'a', as: 'published', platformPostId: 7 }, '"platformPostId"'],
  ])('%s %p', (name, args, part) => {
    expect(parsePostCommand(name, args)).toEqual(expect.stringContaining(part))
  })

  test.each(POST_COMMANDS)('%s takes any JSON value without an exception', (name) => {
    for (const args of ['text', 7, true, ['a'], { at: {}, targetIds: {}, targetId: [] }]) {
      expect(['string', 'object']).toContain(typeof parsePostCommand(name, Object(args)))
    }
  })
})
