import { z } from 'zod'
import type { HttpAnswer } from '../http.ts'
import { losslessJsonOrUndefined } from './lossless-json.ts'

/** https://developers.facebook.com/docs/graph-api/guides/error-handling */
const graphSchema = z.object({
  error: z.object({
    message: z.string().optional(),
    code: z.number().optional(),
    error_subcode: z.number().optional(),
    is_transient: z.boolean().optional(),
    error_user_msg: z.string().optional(),
  }),
})

/** How api.instagram.com and Threads refuse codes; its `code` repeats the HTTP status. */
const tokenHostSchema = z.object({ error_type: z.string().optional(), error_message: z.string() })

/** What a Meta API said went wrong, whichever of its shapes it used. */
export interface GraphProblem {
  code: number | undefined
  subcode: number | undefined
  isTransient: boolean
  /** Lower case, for matching only: Meta quotes access tokens in some messages. */
  words: string
  /** Meta's sentence for people, without anything that looks like a token; may be empty. */
  sentence: string
}

export function readProblem(answer: HttpAnswer): GraphProblem {
  const json = losslessJsonOrUndefined(answer.text)
  const graph = graphSchema.safeParse(json)
  if (graph.success) {
    const { message = '', code, error_subcode, is_transient, error_user_msg } = graph.data.error
    return {
      code,
      subcode: error_subcode,
      isTransient: is_transient === true,
      words: message.toLowerCase(),
      sentence: withoutSecrets(error_user_msg ?? message.replace(/^\(#\d+\)\s*/, '')),
    }
  }
  const other = tokenHostSchema.safeParse(json)
  const words = other.success ? other.data.error_message.toLowerCase() : ''
  return { code: undefined, subcode: undefined, isTransient: false, words, sentence: '' }
}

/** Meta's own words, without anything that looks like a token. */
export function withoutSecrets(sentence: string): string {
  return sentence.replace(/[\w|-]{24,}/g, '…').slice(0, 300)
}
