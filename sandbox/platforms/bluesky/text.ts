import { isRecord } from '../../http/body.ts'

const SHORTENED = /(\.\.\.|…)$/

/**
 * The text of a post as its author meant it: a link that is shown cut short stands for its whole
 * address, which only the facet holds. Facets count UTF-8 bytes.
 */
export function fullText(record: Record<string, unknown>): string {
  const bytes = Buffer.from(String(record.text))
  const facets = Array.isArray(record.facets) ? record.facets.filter(isRecord) : []
  const links = facets.flatMap(linkOf).sort((left, right) => left.start - right.start)
  let out = ''
  let from = 0
  for (const { start, end, uri } of links) {
    const shown = bytes.subarray(start, end).toString()
    if (start < from || !SHORTENED.test(shown)) continue
    out += bytes.subarray(from, start).toString() + uri
    from = end
  }
  return out + bytes.subarray(from).toString()
}

function linkOf(facet: Record<string, unknown>): { start: number; end: number; uri: string }[] {
  const { index } = facet
  const features = Array.isArray(facet.features) ? facet.features.filter(isRecord) : []
  const link = features.find((one) => one.$type === 'app.bsky.richtext.facet#link')
  if (!isRecord(index) || link === undefined) return []
  return [{ start: Number(index.byteStart), end: Number(index.byteEnd), uri: String(link.uri) }]
}
