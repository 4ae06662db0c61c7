import type { Deviation } from './deviation.ts'

export const LINKEDIN: readonly Deviation[] = [
  {
    faults: ['duplicate'],
    course: 'rejected linkedin_duplicate',
    why: 'LinkedIn names the post that it calls the same; one that nobody shows is not ours.',
  },
  {
    faults: ['expired'],
    course: 'auth_expired linkedin_token_expired → refreshed → published',
    why: 'LinkedIn tells expired access from withdrawn access.',
  },
  {
    faults: ['revoked'],
    course: 'auth_revoked linkedin_token_revoked',
    why: 'LinkedIn tells withdrawn access from expired access.',
  },
  {
    faults: ['refused'],
    course: 'rejected linkedin_invalid_request',
    why: 'LinkedIn answers 422 with its reason.',
  },
  {
    faults: ['sent_twice'],
    kinds: ['text_comment'],
    course: '–',
    why: 'Nothing tells a repeated comment: Clarion’s ledger alone prevents it.',
  },
  {
    faults: ['duplicate'],
    kinds: ['text_comment'],
    course: '–',
    why: 'LinkedIn compares posts alone.',
  },
]

export const LINKEDIN_MEMBER: readonly Deviation[] = [
  ...LINKEDIN,
  {
    faults: ['lookup_error'],
    course: '–',
    why: 'LinkedIn lets no app read the posts of a member, so Clarion does not ask.',
  },
  {
    faults: ['error_before', 'error_after'],
    course: 'outcome_unknown linkedin_unavailable → cannot_tell',
    why: 'LinkedIn lets no app read the posts of a member: a person looks.',
  },
  {
    faults: ['drop_before', 'drop_after'],
    course: 'outcome_unknown answer_lost → cannot_tell',
    why: 'LinkedIn lets no app read the posts of a member: a person looks.',
  },
]
