import type { MediaRef } from '../../platforms/registry.ts'

/** What a request or a row says of a post, before its files are looked up. */
export interface PostContent {
  content: string
  media: readonly MediaRef[]
  /** When it is to be published; null for now. */
  at: Date | null
  /** The post itself, where it exists already: it is not counted among those that are planned. */
  postId?: string
}
