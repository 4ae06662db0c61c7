import { type PlatformFailure, rateLimited, rejected } from '../../domain/failures.ts'

/** What TikTok means by a code, in words for a marketer; `waitMs`: it passes by itself. */
export interface PostingProblem {
  code: string
  message: string
  waitMs?: number
}

const DAY_MS = 24 * 60 * 60_000

/**
 * Codes of refused calls and reasons of failed posts.
 * https://developers.tiktok.com/doc/content-posting-api-reference-direct-post and
 * https://developers.tiktok.com/doc/content-posting-api-reference-get-video-status
 */
const PROBLEMS = new Map<string, PostingProblem>([
  [
    'spam_risk_too_many_posts',
    {
      code: 'tiktok_daily_cap',
      message: 'TikTok takes no more posts of this account from apps today.',
      waitMs: DAY_MS,
    },
  ],
  [
    'spam_risk_too_many_pending_share',
    {
      code: 'tiktok_pending_cap',
      message:
        'Five drafts already wait in the TikTok inbox of this account. Finish or delete some there.',
      waitMs: DAY_MS,
    },
  ],
  [
    'reached_active_user_cap',
    {
      code: 'tiktok_app_cap',
      message: 'This installation may serve no more TikTok accounts today.',
      waitMs: DAY_MS,
    },
  ],
  [
    'spam_risk_user_banned_from_posting',
    {
      code: 'tiktok_account_banned',
      message: 'TikTok has banned this account from posting. Only TikTok can lift that.',
    },
  ],
  [
    'spam_risk',
    {
      code: 'tiktok_spam_risk',
      message: 'TikTok takes this post for spam and refused it.',
    },
  ],
  [
    'spam_risk_text',
    {
      code: 'tiktok_spam_risk',
      message: 'TikTok takes the text of this post for spam and refused it. Change the text.',
    },
  ],
  [
    'unaudited_client_can_only_post_to_private_accounts',
    {
      code: 'tiktok_app_not_audited',
      message:
        'TikTok has not audited the app of this installation yet: it can post only to accounts that are set to private in TikTok, and only with the privacy SELF_ONLY.',
    },
  ],
  [
    'url_ownership_unverified',
    {
      code: 'tiktok_domain_unverified',
      message:
        'TikTok fetches photos only from addresses that the operator has verified in the TikTok developer portal; this installation’s is not.',
    },
  ],
  [
    'app_version_check_failed',
    {
      code: 'tiktok_app_outdated',
      message: 'The TikTok app of this account is too old for photo drafts. Update it, then retry.',
    },
  ],
  [
    'privacy_level_option_mismatch',
    {
      code: 'tiktok_privacy_not_offered',
      message: 'TikTok does not offer this privacy to the account. Choose another privacy_level.',
    },
  ],
  [
    'file_format_check_failed',
    {
      code: 'tiktok_file_format',
      message:
        'TikTok could not use the format of the file. Use an MP4 with H.264, or JPEG photos.',
    },
  ],
  [
    'duration_check_failed',
    {
      code: 'tiktok_duration',
      message: 'TikTok found the video too short or too long for this account.',
    },
  ],
  [
    'frame_rate_check_failed',
    {
      code: 'tiktok_frame_rate',
      message: 'TikTok refused the frame rate of the video; 23 to 60 frames a second are allowed.',
    },
  ],
  [
    'picture_size_check_failed',
    {
      code: 'tiktok_picture_size',
      message: 'TikTok refused the size of the picture: use at most 1080p.',
    },
  ],
  [
    'publish_cancelled',
    {
      code: 'tiktok_cancelled',
      message: 'The publishing was cancelled at TikTok.',
    },
  ],
  [
    'video_pull_failed',
    {
      code: 'tiktok_pull_failed',
      message: 'TikTok could not fetch the video from this installation. Try again.',
    },
  ],
  [
    'photo_pull_failed',
    {
      code: 'tiktok_pull_failed',
      message: 'TikTok could not fetch the photos from this installation. Try again.',
    },
  ],
  [
    'auth_removed',
    {
      code: 'tiktok_access_removed',
      message: 'The account withdrew its access while TikTok worked on the post. Connect it again.',
    },
  ],
])

export function postingProblem(code: string): PostingProblem | undefined {
  return PROBLEMS.get(code)
}

/** A refused call that is about posting; undefined when the code is about something else. */
export function postingFailure(code: string, httpStatus: number): PlatformFailure | undefined {
  const problem = PROBLEMS.get(code)
  if (problem === undefined) return undefined
  const { waitMs, ...words } = problem
  if (waitMs === undefined) return rejected({ ...words, httpStatus })
  return rateLimited({ ...words, httpStatus, retryAt: new Date(Date.now() + waitMs) })
}
