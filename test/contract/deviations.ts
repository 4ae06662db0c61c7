import type { Deviation } from './deviation.ts'
import { LINKEDIN, LINKEDIN_MEMBER } from './deviations-of-linkedin.ts'
import { FACEBOOK, INSTAGRAM, THREADS } from './deviations-of-meta.ts'
import type { SubjectName } from './subjects.ts'

/** In order; of those that fit a cell the last counts. */
export const DEVIATIONS: Readonly<Record<SubjectName, readonly Deviation[]>> = {
  x: [
    {
      faults: ['sent_twice'],
      course: 'outcome_unknown x_duplicate → found',
      why: 'X refuses equal text, and the post is found.',
    },
    {
      faults: ['duplicate'],
      course: 'outcome_unknown x_duplicate → cannot_tell',
      why: 'X refuses equal text, which may be our own earlier try: a person looks.',
    },
  ],
  mastodon: [
    {
      faults: ['sent_twice'],
      kinds: ['image', 'album', 'gif', 'video', 'thread'],
      course: 'transient mastodon_upload_forgotten → published',
      why: 'The files are in use; with them sent anew, the idempotency key brings back the first post.',
    },
    {
      faults: ['duplicate'],
      course: 'outcome_unknown mastodon_duplicate → cannot_tell',
      why: 'The server claims to hold the post and does not list it: a person looks.',
    },
    {
      faults: ['expired', 'revoked'],
      course: 'auth_revoked mastodon_token_refused',
      why: 'Access of Mastodon has no end and no renewal: what is refused was withdrawn.',
    },
    {
      faults: ['refused'],
      course: 'rejected mastodon_invalid',
      why: 'Mastodon answers 422 with its reason.',
    },
  ],
  bluesky: [
    {
      faults: ['lookup_error'],
      kinds: ['quote'],
      course: 'transient bluesky_unavailable → outcome_unknown answer_lost → found',
      why: 'The look that fails is the one at the post to be quoted.',
    },
    {
      faults: ['expired'],
      course: 'auth_expired bluesky_token_expired → refreshed → published',
      why: 'Bluesky names expired access.',
    },
    {
      faults: ['revoked'],
      course: 'published',
      why: 'A deleted app password ends renewals at once; access that was given lives on, for at most two hours.',
    },
    {
      faults: ['ended'],
      course: 'auth_expired bluesky_token_expired → auth_revoked bluesky_login_refused',
      why: 'Neither the session nor the app password opens the account any more.',
    },
    {
      faults: ['refused'],
      course: 'rejected bluesky_invalid_request',
      why: 'Bluesky answers 400 with its reason.',
    },
  ],
  tiktok: [
    {
      faults: ['sent_twice'],
      kinds: ['image', 'album'],
      course: '–',
      why: 'Nothing at TikTok tells a repeat of photos: Clarion’s ledger alone prevents it.',
    },
    {
      faults: ['error_before'],
      kinds: ['image', 'album'],
      course: 'outcome_unknown tiktok_unavailable → cannot_tell',
      why: 'Photos have no id before the call that publishes them, so their absence has no proof.',
    },
    {
      faults: ['drop_before'],
      kinds: ['image', 'album'],
      course: 'outcome_unknown answer_lost → cannot_tell',
      why: 'Photos have no id before the call that publishes them, so their absence has no proof.',
    },
    {
      faults: ['refused'],
      kinds: ['video', 'video_inbox'],
      course: 'rejected tiktok_upload_refused',
      why: 'A video is out with its last chunk, and it is the chunk that is refused.',
    },
    {
      faults: ['refused'],
      kinds: ['image', 'album'],
      course: 'rejected tiktok_spam_risk',
      why: 'TikTok names the reason.',
    },
    {
      faults: ['failed_work'],
      course: 'rejected tiktok_file_format',
      why: 'TikTok says what is wrong with the file.',
    },
  ],
  youtube: [
    {
      faults: ['sent_twice'],
      kinds: ['short_comment'],
      course: '–',
      why: 'Nothing tells a repeated comment: Clarion’s ledger alone prevents it.',
    },
    {
      faults: ['refused'],
      course: 'rejected youtube_invalid_request',
      why: 'YouTube answers 400 with its reason.',
    },
  ],
  reddit: [
    {
      faults: ['sent_twice'],
      course: '–',
      why: 'Nothing at Reddit tells a repeat: Clarion’s ledger alone prevents it.',
    },
    {
      faults: ['duplicate'],
      course: 'outcome_unknown reddit_duplicate → rejected reddit_already_submitted',
      why: 'Reddit takes a link once; when none of ours is listed, somebody else posted it.',
    },
    {
      faults: ['duplicate'],
      kinds: ['text', 'text_comment', 'image', 'gif', 'album', 'video'],
      course: '–',
      why: 'Reddit compares links alone.',
    },
    {
      faults: ['refused'],
      course: 'rejected reddit_subreddit_notallowed',
      why: 'Reddit names the rule of the subreddit.',
    },
    {
      faults: ['failed_work'],
      course: '–',
      why: 'Reddit tells the end of its work over a socket alone; a post that is never listed ends with a person.',
    },
  ],
  instagram_facebook_login: INSTAGRAM,
  instagram_instagram_login: INSTAGRAM,
  facebook: FACEBOOK,
  threads: THREADS,
  linkedin_page: LINKEDIN,
  linkedin_member: LINKEDIN_MEMBER,
  pinterest: [
    {
      faults: ['sent_twice'],
      course: '–',
      why: 'Nothing at Pinterest tells a repeat: Clarion’s ledger alone prevents it.',
    },
    {
      faults: ['refused'],
      course: 'rejected pinterest_invalid_request',
      why: 'Pinterest answers 400 with its reason.',
    },
  ],
  google_business: [
    {
      faults: ['sent_twice'],
      course: '–',
      why: 'Google takes a repeat and lets its review find it: Clarion’s ledger alone prevents it.',
    },
    {
      faults: ['duplicate'],
      course: 'outcome_unknown google_business_conflict → absent → published',
      why: 'A conflict may be our own earlier try; when none is listed the post is sent again.',
    },
    {
      faults: ['refused'],
      course: 'rejected google_business_invalid_request',
      why: 'Google answers 400 with its reason.',
    },
    {
      faults: ['failed_work'],
      course: 'rejected google_business_post_rejected',
      why: 'Google reviews posts after it took them.',
    },
  ],
}
