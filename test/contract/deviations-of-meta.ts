import type { Deviation } from './deviation.ts'

const META_EXPIRES: Deviation = {
  faults: ['expired'],
  course: 'auth_expired {p}_session_expired → auth_revoked {p}_session_expired',
  why: 'Access is renewed ahead of its end; once it has ended, Meta renews it no more.',
}

const META_REVOKES: Deviation = {
  faults: ['revoked'],
  course: 'auth_revoked {p}_app_removed',
  why: 'Meta says in its refusal that the person removed the app.',
}

const META_BLOCKS: Deviation = {
  faults: ['refused'],
  course: 'rejected {p}_account_blocked',
  why: 'Meta calls content that it finds abusive a block of the action.',
}

export const INSTAGRAM: readonly Deviation[] = [
  META_EXPIRES,
  META_REVOKES,
  META_BLOCKS,
  {
    faults: ['failed_work'],
    course: 'rejected instagram_media_format',
    why: 'Instagram says what is wrong with the file.',
  },
  {
    faults: ['sent_twice'],
    kinds: ['image_comment'],
    course: '–',
    why: 'Nothing tells a repeated comment: Clarion’s ledger alone prevents it.',
  },
]

export const THREADS: readonly Deviation[] = [META_EXPIRES, META_REVOKES, META_BLOCKS]

export const FACEBOOK: readonly Deviation[] = [
  META_REVOKES,
  {
    faults: ['sent_twice'],
    kinds: ['text', 'link', 'image', 'album'],
    course: 'outcome_unknown facebook_duplicate → found',
    why: 'Facebook refuses equal text or files, and the post is found.',
  },
  {
    faults: ['sent_twice'],
    kinds: ['story'],
    course: 'outcome_unknown facebook_unavailable → found',
    why: 'Facebook cannot use a picture twice, and the story is found.',
  },
  {
    faults: ['duplicate'],
    course: 'outcome_unknown facebook_duplicate → cannot_tell',
    why: 'Facebook refuses equal text, which may be our own earlier try: a person looks.',
  },
  {
    faults: ['duplicate'],
    kinds: ['video', 'reel', 'story_video'],
    course: 'outcome_unknown facebook_duplicate → absent → published',
    why: 'A video has an id before it is out, which proves that nothing was published.',
  },
  {
    faults: ['expired'],
    course: 'auth_expired facebook_session_expired → no refresh',
    why: 'Access to a Page has no end of its own; when it ends, the person connects again.',
  },
  {
    faults: ['refused'],
    course: 'rejected facebook_content_refused',
    why: 'Facebook finds the content abusive.',
  },
  {
    faults: ['error_before'],
    kinds: ['story'],
    course: 'outcome_unknown facebook_unavailable → cannot_tell',
    why: 'Facebook does not tell apps which stories with a picture it published.',
  },
  {
    faults: ['drop_before'],
    kinds: ['story'],
    course: 'outcome_unknown answer_lost → cannot_tell',
    why: 'Facebook does not tell apps which stories with a picture it published.',
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
    why: 'Facebook compares posts alone.',
  },
]
