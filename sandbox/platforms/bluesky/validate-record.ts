import { jsonToLex, lexicons } from '@atproto/api'
import { isRecord } from '../../http/body.ts'
import { assertBlobs } from './check-blobs.ts'
import { invalidRequest } from './errors.ts'
import type { BlueskyStore } from './store.ts'

const TID = /^[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}$/
const ANY_KEY = /^[A-Za-z0-9.\-_:~]{1,512}$/
const NSID = /^[a-zA-Z]([a-zA-Z0-9-]*[a-zA-Z0-9])?(\.[a-zA-Z]([a-zA-Z0-9-]*[a-zA-Z0-9])?)+$/
const POST = 'app.bsky.feed.post'
const GATES = ['app.bsky.feed.threadgate', 'app.bsky.feed.postgate']

export type ValidationStatus = 'valid' | 'unknown'

/** A record that a client asks to write. */
export interface Write {
  did: string
  collection: string
  rkey: string
  record: unknown
  validate: boolean | undefined
}

/** Checks a record as the PDS does, by its lexicon; returns it with its `$type`. */
export function validateRecord(
  store: BlueskyStore,
  write: Write,
): { value: Record<string, unknown>; status: ValidationStatus | undefined } {
  const { collection } = write
  if (!NSID.test(collection)) throw invalidRequest('Error: collection must be a valid nsid')
  if (!isRecord(write.record)) throw invalidRequest('Input/record must be an object')
  const value = { $type: collection, ...write.record }
  if (value.$type !== collection) {
    throw invalidRequest(`Invalid $type: expected ${collection}, got ${String(value.$type)}`)
  }
  if (hasFloat(value)) throw invalidRequest('Input/record must not hold a float')
  const known = lexicons.getDef(collection)
  if (known === undefined && write.validate === true) {
    throw invalidRequest(`Unknown lexicon type: ${collection}`)
  }
  assertRecordKey(collection, write.rkey, known?.type === 'record' ? known.key : undefined)
  if (write.validate === false) return { value, status: undefined }
  if (known === undefined) return { value, status: 'unknown' }
  assertLexicon(collection, value)
  assertBlobs(store, write.did, value)
  if (collection === POST) assertFacets(value)
  assertGate(collection, write.rkey, value)
  return { value, status: 'valid' }
}

/** https://atproto.com/specs/record-key */
function assertRecordKey(collection: string, rkey: string, rule: string | undefined): void {
  if (!ANY_KEY.test(rkey) || rkey === '.' || rkey === '..') {
    throw invalidRequest('Error: rkey must be a valid record key')
  }
  if (rule === 'tid' && !TID.test(rkey)) {
    throw invalidRequest(`Invalid record key for ${collection}: expected a TID, got "${rkey}"`)
  }
  if (rule?.startsWith('literal:') && rkey !== rule.slice('literal:'.length)) {
    throw invalidRequest(`Invalid record key for ${collection}: expected "${rule.slice(8)}"`)
  }
}

function assertLexicon(collection: string, value: Record<string, unknown>): void {
  try {
    lexicons.assertValidRecord(collection, jsonToLex(JSON.parse(JSON.stringify(value))))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw invalidRequest(`Invalid ${collection} record: ${reason}`)
  }
}

/** Stricter than the PDS, which lets a facet point outside its text: a client must not. */
function assertFacets(value: Record<string, unknown>): void {
  const length = Buffer.byteLength(String(value.text))
  const facets = Array.isArray(value.facets) ? value.facets : []
  for (const [index, facet] of facets.entries()) {
    const { byteStart, byteEnd } = isRecord(facet) && isRecord(facet.index) ? facet.index : {}
    if (Number(byteStart) < Number(byteEnd) && Number(byteEnd) <= length) continue
    throw invalidRequest(
      `Invalid ${POST} record: Record/facets/${index}/index must lie within the ${length} bytes of the text`,
    )
  }
}

/** Stricter than the PDS: the app view ignores a gate whose key is not that of its post. */
function assertGate(collection: string, rkey: string, value: Record<string, unknown>): void {
  if (!GATES.includes(collection) || String(value.post).endsWith(`/${POST}/${rkey}`)) return
  throw invalidRequest(`Invalid ${collection} record: Record/post must have the record key ${rkey}`)
}

/** The data model of AT Protocol knows integers only. */
function hasFloat(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isSafeInteger(value)
  return typeof value === 'object' && value !== null && Object.values(value).some(hasFloat)
}
