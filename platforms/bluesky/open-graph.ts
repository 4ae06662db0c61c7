import { Parser } from 'htmlparser2'

/** What a page says of itself for cards: https://ogp.me */
export interface OpenGraph {
  title?: string
  description?: string
  /** As written: may be relative to the page. */
  image?: string
}

const NAMES: Record<keyof OpenGraph, readonly string[]> = {
  title: ['og:title', 'twitter:title'],
  description: ['og:description', 'twitter:description', 'description'],
  image: ['og:image:secure_url', 'og:image', 'og:image:url', 'twitter:image'],
}

export function readOpenGraph(html: string): OpenGraph {
  const metas = new Map<string, string>()
  let title = ''
  let isInTitle = false
  let isInHead = true
  const parser = new Parser({
    onopentag: (name, { property, name: metaName, content }) => {
      // Pages of others are quoted in bodies, drawings have titles: neither is meant.
      if (name === 'body' || name === 'svg') isInHead = false
      if (!isInHead) return
      isInTitle = name === 'title'
      const key = (property ?? metaName ?? '').trim().toLowerCase()
      if (name === 'meta' && content?.trim() && !metas.has(key)) metas.set(key, content.trim())
    },
    ontext: (text) => {
      if (isInTitle) title += text
    },
    onclosetag: (name) => {
      if (name === 'title') isInTitle = false
    },
  })
  parser.end(html)
  if (title.trim() !== '') metas.set('twitter:title', metas.get('twitter:title') ?? title.trim())
  return Object.fromEntries(
    Object.entries(NAMES).flatMap(([field, names]) => {
      const found = names.map((name) => metas.get(name)).find((value) => value !== undefined)
      return found === undefined ? [] : [[field, found.replace(/\s+/g, ' ')]]
    }),
  )
}
