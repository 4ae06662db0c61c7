import { z } from 'zod'
import { CipherUnavailable } from './cipher-errors.ts'
import type { KeyVersions } from './token-cipher.ts'

/** Vault's answers, checked at the border; durations become milliseconds. */

const login = z.object({
  auth: z.object({
    client_token: z.string(),
    lease_duration: z.number(),
    renewable: z.boolean(),
  }),
})

const lookup = z.object({ data: z.object({ ttl: z.number(), renewable: z.boolean().optional() }) })

const batch = z.object({
  data: z.object({
    batch_results: z.array(
      z.object({
        ciphertext: z.string().optional(),
        plaintext: z.string().optional(),
        key_version: z.number().optional(),
        error: z.string().optional(),
      }),
    ),
  }),
})

const key = z.object({
  data: z.object({ latest_version: z.number(), min_decryption_version: z.number() }),
})

export interface BatchResult {
  ciphertext?: string
  plaintext?: string
  key_version?: number
  error?: string
}

export function parseLogin(body: unknown): { token: string; ttlMs: number; renewable: boolean } {
  const { auth } = parse(login, body)
  return {
    token: auth.client_token,
    ttlMs: auth.lease_duration * 1000,
    renewable: auth.renewable,
  }
}

export function parseLookup(body: unknown): { ttlMs: number; renewable: boolean } {
  const { data } = parse(lookup, body)
  return { ttlMs: data.ttl * 1000, renewable: data.renewable ?? false }
}

/** Results in the order of the batch, as many as were asked for. */
export function parseBatch(body: unknown, count: number): BatchResult[] {
  const results = parse(batch, body).data.batch_results
  if (results.length === count) return results
  throw new CipherUnavailable('Vault answered another number of items')
}

export function parseKeyVersions(body: unknown): KeyVersions {
  const { data } = parse(key, body)
  return { latestVersion: data.latest_version, minDecryptionVersion: data.min_decryption_version }
}

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  // zod's own message is left out: it may quote what it saw.
  throw new CipherUnavailable('Vault gave an answer of another form')
}
