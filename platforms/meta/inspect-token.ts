import { z } from 'zod'
import type { PlatformFailure } from '../../domain/failures.ts'
import { urlBelow } from '../base-url.ts'
import type { Call } from '../call.ts'
import { tokenFailure } from './errors.ts'
import { metaId } from './fields.ts'
import { askMeta, dialectOf, type Graph } from './graph.ts'
import { appFailure } from './token-errors.ts'

/** https://developers.facebook.com/docs/graph-api/reference/debug_token */
const schema = z.object({
  data: z.object({
    is_valid: z.boolean().default(true),
    expires_at: z.number().optional(),
    scopes: z.array(z.string()).optional(),
    granular_scopes: z
      .array(z.object({ scope: z.string(), target_ids: z.array(metaId).optional() }))
      .optional(),
    error: z.object({ message: z.string().optional(), subcode: z.number().optional() }).optional(),
  }),
})

export interface Inspection {
  /** Why the token is dead; undefined while it lives. */
  ended: PlatformFailure | undefined
  /** Undefined for a token that does not end. */
  expiresAt: Date | undefined
  /** Undefined when Meta does not say. */
  scopes: readonly string[] | undefined
  /** Scopes given for some accounts only, with the ids of those. */
  targets: ReadonlyMap<string, readonly string[]>
}

/** What a token is worth. `inspector` is the app's own token, or another of the same app. */
export async function inspectToken(
  graph: Graph,
  token: string,
  inspector: string,
  call: Call,
): Promise<Inspection> {
  const query = { input_token: token, access_token: inspector }
  const url = urlBelow(graph.baseUrl, '/debug_token', query)
  const dialect = dialectOf(graph.names, (answer) => appFailure(graph.names, answer))
  const { data } = await askMeta(dialect, { url }, schema, call)
  const { error } = data
  const problem = { subcode: error?.subcode, words: error?.message?.toLowerCase() ?? '' }
  return {
    ended: data.is_valid ? undefined : tokenFailure(graph.names, problem),
    expiresAt: data.expires_at ? new Date(data.expires_at * 1000) : undefined,
    scopes: data.scopes,
    targets: targetsOf(data.granular_scopes ?? []),
  }
}

/** A scope without ids holds for everything. */
function targetsOf(granular: readonly { scope: string; target_ids?: string[] | undefined }[]) {
  return new Map(
    granular.flatMap(({ scope, target_ids: ids }) =>
      ids === undefined || ids.length === 0 ? [] : [[scope, ids] as const],
    ),
  )
}
