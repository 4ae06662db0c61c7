const DEFAULT_LIMIT = 25
const MAX_LIMIT = 100

/** A thing: its type prefix and its data, `name` being the fullname. */
export interface Thing {
  kind: string
  data: Record<string, unknown>
}

/** https://www.reddit.com/dev/api#listings : `limit` is cut, not refused; `after` is a fullname. */
export function listing(things: readonly Thing[], query: URLSearchParams): Record<string, unknown> {
  const asked = Number.parseInt(query.get('limit') ?? '', 10)
  const limit = Math.min(Math.max(Number.isNaN(asked) ? DEFAULT_LIMIT : asked, 1), MAX_LIMIT)
  const after = query.get('after')
  const from = after === null ? 0 : things.findIndex((thing) => thing.data.name === after) + 1
  const children = things.slice(from, from + limit)
  const isLast = from + children.length >= things.length
  return {
    kind: 'Listing',
    data: {
      after: isLast ? null : children.at(-1)?.data.name,
      before: null,
      dist: children.length,
      modhash: null,
      geo_filter: '',
      children,
    },
  }
}
