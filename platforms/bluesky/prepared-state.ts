import { z } from 'zod'
import type { Prepared } from '../connector.ts'

/** A file in the repository, in the form that survives JSON. */
export const blobSchema = z.object({
  $type: z.literal('blob'),
  ref: z.object({ $link: z.string() }),
  mimeType: z.string(),
  size: z.int(),
})

export type Blob = z.output<typeof blobSchema>

const facetSchema = z.object({
  index: z.object({ byteStart: z.int(), byteEnd: z.int() }),
  features: z.array(z.looseObject({ $type: z.string() })),
})

const cardSchema = z.object({
  uri: z.string(),
  title: z.string(),
  description: z.string(),
  thumb: blobSchema.optional(),
})

export type Card = z.output<typeof cardSchema>

/** One exact version of a post. */
const strongRefSchema = z.object({ uri: z.string(), cid: z.string() })

export type StrongRef = z.output<typeof strongRefSchema>

const stateSchema = z.object({
  /** Frozen, so that every try writes the same bytes. */
  facets: z.array(facetSchema).optional(),
  /** In the order of the draft's files. */
  blobs: z.array(blobSchema).optional(),
  /** The video service is still working on it. */
  videoJobId: z.string().optional(),
  card: cardSchema.optional(),
  quote: strongRefSchema.optional(),
  /** Of a part of a thread. */
  answered: z.object({ root: strongRefSchema, parent: strongRefSchema }).optional(),
  warnings: z.array(z.object({ code: z.string(), message: z.string() })).optional(),
})

/** Everything about a record that is found out before it is written. */
export type BlueskyState = z.output<typeof stateSchema>

export function readState(prepared: Prepared | undefined): BlueskyState {
  const parsed = stateSchema.safeParse(prepared?.state)
  return parsed.success ? parsed.data : {}
}
