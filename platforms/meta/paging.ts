import { z } from 'zod'
import type { Call } from '../call.ts'
import { askGraph, type Graph, type GraphRequest } from './graph.ts'

const PER_ANSWER = '100'
/** Two thousand things: more than a person looks through, and an end to answers that loop. */
const MAX_ANSWERS = 20

/**
 * Everything on an edge. The next answer is asked for with the parameters of `paging.next`, at our
 * own host: the link itself holds the token and could lead anywhere.
 * https://developers.facebook.com/docs/graph-api/results
 */
export async function readEdge<Item extends z.ZodType>(
  graph: Graph,
  request: GraphRequest,
  itemSchema: Item,
  call: Call,
): Promise<z.output<Item>[]> {
  const schema = z.object({
    data: z.array(itemSchema),
    paging: z.object({ next: z.string().optional() }).optional(),
  })
  const items: z.output<Item>[] = []
  let query: GraphRequest['query'] = { ...request.query, limit: PER_ANSWER }
  for (let answers = 0; answers < MAX_ANSWERS && query !== undefined; answers++) {
    const { data, paging } = await askGraph(graph, { ...request, query }, schema, call)
    items.push(...data)
    query = nextQuery(query, paging?.next)
  }
  return items
}

const SECRET_PARAMETERS: ReadonlySet<string> = new Set(['access_token', 'appsecret_proof'])

function nextQuery(
  query: NonNullable<GraphRequest['query']>,
  next: string | undefined,
): GraphRequest['query'] {
  const url = next === undefined ? null : URL.parse(next)
  if (url === null) return undefined
  const given = [...url.searchParams].filter(([name]) => !SECRET_PARAMETERS.has(name))
  return { ...query, ...Object.fromEntries(given) }
}
