import type { Media } from '../domain/media.ts'
import type { PartRole } from '../domain/parts.ts'
import type { Content } from './connector.ts'

/** A text of the content with its files, and the paths by which findings name them. */
export interface TextPart {
  role: PartRole
  text: string
  media: readonly Media[]
  textPath: string
  /** Of one file: `${mediaPath}.0`. */
  mediaPath: string
}

/** The post, the rest of its thread and its first comment, for rules that bind them all. */
export function textsOf({ text, media, thread, firstComment }: Content): TextPart[] {
  const post: TextPart = { role: 'post', text, media, textPath: 'content', mediaPath: 'media' }
  const replies = thread.map((part, index): TextPart => {
    const path = `settings.thread.${index}`
    return { role: 'reply', ...part, textPath: `${path}.content`, mediaPath: `${path}.media` }
  })
  const path = 'settings.first_comment'
  const comment = { role: 'comment', media: [], textPath: path, mediaPath: path } as const
  return [
    post,
    ...replies,
    ...(firstComment === undefined ? [] : [{ ...comment, text: firstComment }]),
  ]
}
