import { z } from 'zod'
import { PLATFORMS, type Platform } from '../../domain/platforms.ts'
import type { Tables } from './tables.ts'

/** As it is kept in the state file. A deleted comment stays, with its instant. */
export const acceptedCommentRow = z.object({
  platform: z.enum(PLATFORMS),
  /** Who wrote it: the account that would be the author of a post. */
  account_id: z.string(),
  /** The post it stands under, in the form that `state.posts` has. */
  platform_post_id: z.string(),
  comment_id: z.string(),
  /** As the author asked for it. */
  text: z.string(),
  accepted_at: z.string(),
  deleted_at: z.string().nullable(),
})

export type AcceptedComment = z.infer<typeof acceptedCommentRow>

/** All given members must match; `text` is a substring. */
export interface CommentFilter {
  platform?: Platform
  account_id?: string
  platform_post_id?: string
  text?: string
}

/** The ground truth of comments, apart from posts: nothing here counts as a post of the account. */
export class CommentLog {
  readonly #rows: Map<string, AcceptedComment>

  constructor(tables: Tables) {
    this.#rows = tables.open('comments', acceptedCommentRow)
  }

  /** Comment ids are unique within a platform. */
  accept(comment: Omit<AcceptedComment, 'accepted_at' | 'deleted_at'>, nowMs: number): void {
    const accepted_at = new Date(nowMs).toISOString()
    this.#rows.set(keyOf(comment.platform, comment.comment_id), {
      ...comment,
      accepted_at,
      deleted_at: null,
    })
  }

  byId(platform: Platform, commentId: string): AcceptedComment | undefined {
    return this.#rows.get(keyOf(platform, commentId))
  }

  /** Oldest first, the deleted among them. */
  list(filter: CommentFilter = {}): AcceptedComment[] {
    const { platform, account_id, platform_post_id, text } = filter
    return [...this.#rows.values()]
      .filter((one) => platform === undefined || one.platform === platform)
      .filter((one) => account_id === undefined || one.account_id === account_id)
      .filter((one) => platform_post_id === undefined || one.platform_post_id === platform_post_id)
      .filter((one) => text === undefined || one.text.includes(text))
  }

  /** Marks the comment; repeatable. */
  delete(platform: Platform, commentId: string, nowMs: number): void {
    const comment = this.byId(platform, commentId)
    if (comment?.deleted_at === null) comment.deleted_at = new Date(nowMs).toISOString()
  }

  clear(): void {
    this.#rows.clear()
  }
}

function keyOf(platform: Platform, commentId: string): string {
  return `${platform} ${commentId}`
}
