import { InvalidCursor } from '../../db/repositories/keyset.ts'
import type { Requester } from '../contract/operation.ts'

/** Turns the repositories' InvalidCursor into the problem of the same name. */
export async function orInvalidCursor<T>(
  requester: Requester<'invalid_cursor'>,
  listing: Promise<T>,
): Promise<T> {
  try {
    return await listing
  } catch (error) {
    if (error instanceof InvalidCursor) throw requester.fail('invalid_cursor', { cause: error })
    throw error
  }
}
