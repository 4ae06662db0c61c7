import { Post } from '../../db/entities/post.ts'
import type { Requester } from '../contract/operation.ts'
import type { PostAnswer } from '../contract/schemas/posts.ts'
import { findPost, readPost } from './read-post.ts'
import type { TimeInput } from './resolve-time.ts'
import { takeTime } from './take-input.ts'

type TimeErrors = 'not_found' | 'validation_failed'

/** The instant a post shall be published at: the one given, else the one its draft has. */
export async function takeTimeOf(
  requester: Requester<TimeErrors>,
  postId: string,
  input: TimeInput,
): Promise<{ at: Date; timezone: string | undefined }> {
  const post = await rowOf(requester, postId)
  const time = takeTime(requester, input, post.timezone)
  const at = time.at ?? post.scheduledAt
  if (at != null) return { at, timezone: time.timezone }
  const error = { path: 'scheduled_at', code: 'required', message: 'To schedule, give a time.' }
  throw requester.fail('validation_failed', { detail: error.message, errors: [error] })
}

/** The instant given, if any; a retry without one means now. Throws `validation_failed`. */
export async function optionalTimeOf(
  requester: Requester<TimeErrors>,
  postId: string,
  input: TimeInput,
): Promise<Date | undefined> {
  const post = await rowOf(requester, postId)
  return takeTime(requester, input, post.timezone).at ?? undefined
}

/** A time given in another zone is shown in that zone from now on. */
export async function keepTimezone(
  requester: Requester<'not_found'>,
  answer: PostAnswer,
  timezone: string | undefined,
): Promise<PostAnswer> {
  if (timezone === undefined || timezone === answer.timezone) return answer
  const { deps, actor } = requester
  await deps.db.withTenant(actor.tenantId, (em) =>
    em.nativeUpdate(Post, { id: answer.id }, { timezone }),
  )
  return readPost(requester, answer.id)
}

/** The post's own zone is what a local time without zone is read in. */
async function rowOf(requester: Requester<'not_found'>, postId: string): Promise<Post> {
  const { deps, actor } = requester
  const found = await deps.db.withTenant(actor.tenantId, (em) => findPost(requester, em, postId))
  return found.post
}
