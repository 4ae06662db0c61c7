import { z } from 'zod'
import { PLATFORMS, type Platform } from '../../domain/platforms.ts'
import type { Tables } from './tables.ts'

/**
 * As it is kept in the state file. A deleted post stays, with its instant: that it was accepted
 * remains true.
 */
export const acceptedPostRow = z.object({
  platform: z.enum(PLATFORMS),
  account_id: z.string(),
  platform_post_id: z.string(),
  /** As the author asked for it, links expanded. */
  text: z.string(),
  /** Hex SHA-256 of each file, in the order shown. */
  media: z.array(z.string()),
  accepted_at: z.string(),
  deleted_at: z.string().nullable(),
})

/** Tests compare the product's claims with these rows. */
export type AcceptedPost = z.infer<typeof acceptedPostRow>

/** All given members must match; `text` is a substring. */
export interface PostFilter {
  platform?: Platform
  account_id?: string
  text?: string
}

/** The ground truth: what the platforms really accepted, in order of acceptance. */
export class PostLog {
  readonly #rows: Map<string, AcceptedPost>
  readonly #live = new Map<string, AcceptedPost>()
  readonly #byAccount = new Map<string, AcceptedPost[]>()
  #next = 1

  constructor(tables: Tables) {
    this.#rows = tables.open('posts', acceptedPostRow)
    for (const [key, post] of this.#rows) {
      this.#index(post)
      this.#next = Math.max(this.#next, Number(key) + 1)
    }
  }

  accept(
    post: Omit<AcceptedPost, 'accepted_at' | 'deleted_at' | 'media'> & { media?: string[] },
    nowMs: number,
  ): void {
    const accepted_at = new Date(nowMs).toISOString()
    const row = { ...post, media: post.media ?? [], accepted_at, deleted_at: null }
    this.#rows.set(String(this.#next++), row)
    this.#index(row)
  }

  /** Leaves deleted and unknown posts alone. */
  edit(platform: Platform, postId: string, text: string): void {
    const post = this.#live.get(`${platform} ${postId}`)
    if (post !== undefined) post.text = text
  }

  /** Marks the post; repeatable. */
  delete(platform: Platform, postId: string, nowMs: number): void {
    const post = this.#live.get(`${platform} ${postId}`)
    if (post === undefined) return
    post.deleted_at = new Date(nowMs).toISOString()
    this.#live.delete(`${platform} ${postId}`)
  }

  list(filter: PostFilter): AcceptedPost[] {
    return [...this.#rows.values()]
      .filter((post) => filter.platform === undefined || post.platform === filter.platform)
      .filter((post) => filter.account_id === undefined || post.account_id === filter.account_id)
      .filter((post) => filter.text === undefined || post.text.includes(filter.text))
  }

  /** The latest posts of one account, newest first. */
  latest(platform: Platform, accountId: string, count: number): AcceptedPost[] {
    const posts = this.#byAccount.get(`${platform} ${accountId}`) ?? []
    return posts.slice(-count).reverse()
  }

  /** Ids of all who ever posted, pages and organizations too, which are no accounts of people. */
  authors(platform: Platform): string[] {
    const keys = [...this.#byAccount.keys()].filter((key) => key.startsWith(`${platform} `))
    return keys.map((key) => key.slice(platform.length + 1))
  }

  /** How many posts of the account are up now. */
  countOf(platform: Platform, accountId: string): number {
    const posts = this.#byAccount.get(`${platform} ${accountId}`) ?? []
    return posts.reduce((count, post) => count + (post.deleted_at === null ? 1 : 0), 0)
  }

  clear(): void {
    this.#rows.clear()
    this.#live.clear()
    this.#byAccount.clear()
  }

  #index(post: AcceptedPost): void {
    if (post.deleted_at === null) this.#live.set(`${post.platform} ${post.platform_post_id}`, post)
    const key = `${post.platform} ${post.account_id}`
    const posts = this.#byAccount.get(key)
    if (posts === undefined) this.#byAccount.set(key, [post])
    else posts.push(post)
  }
}
