/** Inputs and results of the rotation's activities as histories keep them: ids, versions, counts. */

export type { KeyVersions } from '../../vault/token-cipher.ts'

/** Where a page ended. */
export interface PageCursor {
  tenantId: string
  id: string
}

export interface RewrapInput {
  table: string
  /** Rows with anything older are rewrapped. */
  version: number
  after: PageCursor | null
  rowsPerPage: number
  maxPages: number
}

export interface RewrapCounts {
  pages: number
  rewrapped: number
  /** Changed or held by somebody else in the meantime: looked at again in the next pass. */
  overtaken: number
  /** Their ciphertext does not open in the context of its row. */
  refused: number
}

export interface RewrapResult extends RewrapCounts {
  /** Null when the table has no further page. */
  after: PageCursor | null
  /** Ids of refused rows, at most ten, for a person to look at. */
  refusedIds: string[]
}

export interface RetireInput {
  version: number
  /** Rows that may stay behind, because they open under no version. */
  allowedLeft: number
}

export interface RetireResult {
  retired: boolean
  left: Record<string, number>
}
