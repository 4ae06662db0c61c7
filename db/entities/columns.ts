import { p } from '@mikro-orm/core'

/** timestamptz at PostgreSQL's full precision. */
export const instant = () => p.datetime(6)

export const id = () => p.uuid().primary().defaultRaw('gen_random_uuid()')

/** Counts projections; far below 2^53, so a number is exact. */
export const seq = () => p.bigint('number')

export const textArray = () => p.array().columnType('text[]')

export const uuidArray = () => p.array().columnType('uuid[]')

/** A JSON object, `{}` when nothing is known. */
export const jsonObject = () => p.json<Record<string, unknown>>().defaultRaw(`'{}'`)

export const createdAt = () => instant().defaultRaw('now()')

/** Written by the trigger `set_updated_at`; what an entity holds after a flush may be older. */
export const updatedAt = () => instant().defaultRaw('now()')
