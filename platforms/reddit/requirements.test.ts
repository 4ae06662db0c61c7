import { describe, expect, test } from '@jest/globals'
import { type Requirements, requirementsProblem } from './requirements.ts'

const settings = { subreddit: 'pics', title: 'A title', link: 'https://www.example.com/a' }
const codeOf = (requirements: Requirements, text = 'Some text') =>
  requirementsProblem(requirements, text, settings)?.[0]

test('nothing asked, nothing wrong', () => {
  expect(codeOf({})).toBeUndefined()
  expect(codeOf({ title_required_strings: [], domain_whitelist: [] })).toBeUndefined()
})

describe('what moderators ask', () => {
  test.each<[string, Requirements, string | undefined]>([
    ['a longer title', { title_text_min_length: 8 }, 'reddit_title_rules'],
    ['this length', { title_text_min_length: 7, title_text_max_length: 7 }, undefined],
    ['a shorter title', { title_text_max_length: 6 }, 'reddit_title_rules'],
    ['a word in the title', { title_required_strings: ['[OC]', 'x'] }, 'reddit_title_rules'],
    ['one that is there', { title_required_strings: ['[OC]', 'TITLE'] }, undefined],
    ['no such word', { title_blacklisted_strings: ['Title'] }, 'reddit_title_rules'],
    ['no text', { body_restriction_policy: 'notAllowed' }, 'reddit_text_rules'],
    ['a longer text', { body_text_min_length: 10 }, 'reddit_text_rules'],
    ['a shorter text', { body_text_max_length: 8 }, 'reddit_text_rules'],
    ['a word in the text', { body_required_strings: ['why'] }, 'reddit_text_rules'],
    ['no such word', { body_blacklisted_strings: ['some'] }, 'reddit_text_rules'],
    ['not this website', { domain_blacklist: ['example.com'] }, 'reddit_domain_rules'],
    ['others', { domain_blacklist: ['ample.com'], domain_whitelist: [] }, undefined],
    ['only another website', { domain_whitelist: ['other.com'] }, 'reddit_domain_rules'],
    ['only this one', { domain_whitelist: ['other.com', 'example.com'] }, undefined],
  ])('%s: %j', (_name, requirements, code) => {
    expect(codeOf(requirements)).toBe(code)
  })

  test('a text at all', () => {
    expect(codeOf({ body_restriction_policy: 'required' }, '')).toBe('reddit_text_rules')
    expect(codeOf({ body_text_min_length: 10 }, '')).toBeUndefined()
  })
})
