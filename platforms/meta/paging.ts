import { z } from 'zod'
import type { Call } from '../call.ts'
import { askGraph, type Graph, type GraphRequest } from './graph.ts'

const PER_ANSWER = '100'
/** Two thousand things: more than a person looks through, and an end to answers that loop. */
const MAX_ANSWERS = 20

/**
 * Everything on an edge.
 * https://developers.facebook.com/docs/graph-api/results
 */
export async function readEdge<Item extends z.ZodType>(
  graph: Graph,
  request: GraphRequest,
  itemSchema: Item,
  call: Call,
): Promise<z.output<Item>[]> {
  const items: z.output<Item>[] = []
  for await (const page of readPages(graph, request, itemSchema, call)) items.push(...page)
  return items
}

/**
 * One answer after the other. The next is asked for with the parameters of `paging.next`, at our own
 * host: the link itself holds the token and could lead anywhere.
 */
export async function* readPages<Item extends z.ZodType>(
  graph: Graph,
  request: GraphRequest,
  itemSchema: Item,
  call: Call,
): AsyncGenerator<z.output<Item>[]> {
  const schema = z.object({
    data: z.array(itemSchema),
    paging: z.object({ next: z.string().optional() }).optional(),
  })
  let query: GraphRequest['query'] = { limit: PER_ANSWER, ...request.query }
  for (let answers = 0; answers < MAX_ANSWERS && query !== undefined; answers++) {
    const { data, paging } = await askGraph(graph, { ...request, query }, schema, call)
    yield data
    query = nextQuery(query, paging?.next)
  }
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
