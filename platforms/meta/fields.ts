import { z } from 'zod'

/** Meta's ids are digits, sent as strings or numbers. */
export const metaId = z
  .union([z.string().regex(/^\d{1,30}$/), z.number().int().positive()])
  .transform(String)

/** A picture in another shape is no reason not to connect. */
export const metaPicture = z
  .object({ data: z.object({ url: z.string().optional() }) })
  .optional()
  .catch(undefined)
