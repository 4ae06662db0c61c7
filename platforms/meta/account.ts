import { z } from 'zod'
import { PlatformFailure } from '../../domain/failures.ts'
import type { Call } from '../call.ts'
import type { Looked } from '../connector.ts'
import { metaId } from './fields.ts'
import { askGraph, type Graph, type GraphRequest } from './graph.ts'

/** One account of one of Meta's APIs, as publishing talks to it. */
export interface MetaAccount {
  graph: Graph
  accessToken: string
  id: string
  /** A read that succeeds as long as the token covers the account. */
  self: Pick<GraphRequest, 'path' | 'query'>
  /** Name of the field that holds a post's public address. */
  permalinkField: 'permalink' | 'permalink_url'
}

/** Of creations: `{"id": "…"}`. */
export const createdSchema = z.object({ id: metaId.or(z.string().regex(/^\d+_\d+$/)) })

/** Where addresses without a host lead, as those of Pages' videos do. */
const SITE = 'https://www.facebook.com'

const permalinkSchema = z.object({
  permalink: z.string().optional(),
  permalink_url: z.string().optional(),
})

export function askAs<Schema extends z.ZodType>(
  account: MetaAccount,
  request: Omit<GraphRequest, 'accessToken'>,
  schema: Schema,
  call: Call,
): Promise<z.output<Schema>> {
  return askGraph(account.graph, { ...request, accessToken: account.accessToken }, schema, call)
}

/** For what is published already: trouble in asking for its address must not look like a failure. */
export async function permalinkOf(
  account: MetaAccount,
  id: string,
  call: Call,
): Promise<string | null> {
  try {
    return await readPermalink(account, id, call)
  } catch (error) {
    if (error instanceof PlatformFailure) return null
    throw error
  }
}

/** Gone already counts as removed. */
export async function removeObject(account: MetaAccount, id: string, call: Call): Promise<void> {
  try {
    await askAs(account, { method: 'DELETE', path: `/${id}` }, z.unknown(), call)
  } catch (error) {
    await assertGone(account, error, call)
  }
}

export async function lookObject(account: MetaAccount, id: string, call: Call): Promise<Looked> {
  try {
    return { state: 'live', permalink: await readPermalink(account, id, call) }
  } catch (error) {
    await assertGone(account, error, call)
    return { state: 'removed' }
  }
}

export function isNotFound({ graph }: MetaAccount, error: unknown): boolean {
  return error instanceof PlatformFailure && error.code === `${graph.names.prefix}_not_found`
}

async function readPermalink(account: MetaAccount, id: string, call: Call) {
  const asked = { path: `/${id}`, query: { fields: `id,${account.permalinkField}` } }
  const read = await askAs(account, asked, permalinkSchema, call)
  return toPermalink(read.permalink ?? read.permalink_url)
}

export function toPermalink(address: string | undefined): string | null {
  return address ? (URL.parse(address, SITE)?.href ?? null) : null
}

/** Meta says the same of a thing that is gone and of one that the token no longer covers. */
async function assertGone(account: MetaAccount, error: unknown, call: Call): Promise<void> {
  if (!isNotFound(account, error)) throw error
  await askAs(account, account.self, z.unknown(), call)
}
