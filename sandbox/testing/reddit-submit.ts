import { readFileSync } from 'node:fs'
import type { MediaFile } from '../../test/support/media-files.ts'
import { call, pick, type Reply } from './http.ts'
import { AGENT, get, login } from './reddit-login.ts'

export const SELF = { sr: 'clarion_sandbox', kind: 'self', title: 'Hello', text: 'A & b' }

const SCOPE = 'identity submit read flair mysubreddits history edit'

export const signIn = async (url: string, handle = 'alice') =>
  (await login(url, { scope: SCOPE, sandbox_account: handle })).access

export function post(url: string, bearer: string, path: string, form: Record<string, string>) {
  const whole = { api_type: 'json', ...form }
  return call(`${url}/reddit${path}`, { bearer, form: whole, headers: AGENT })
}

export const send = (url: string, bearer: string, path: string, json: unknown) =>
  call(`${url}/reddit${path}`, { bearer, json, headers: AGENT })

export const submit = (url: string, bearer: string, form: Record<string, string>) =>
  post(url, bearer, '/api/submit', form)

/** Codes and fields of a refusal, which is no HTTP error. */
export function refusals({ status, body }: Reply): unknown[] {
  const errors: unknown[] = Object(body).json.errors
  return [status, ...errors.map((one) => `${pick(one, 0)} ${pick(one, 2)}`)]
}

export const submitted = async (url: string, bearer: string, query = '?raw_json=1&sort=new') =>
  Object(await get(url, `/user/alice/submitted${query}`, bearer)).body.data.children.map(
    ({ data }: { data: unknown }) => data,
  )

export const truth = async (url: string) =>
  Object(await call(`${url}/_sandbox/posts?platform=reddit`)).body.data

export const fault = (url: string, json: Record<string, unknown>) =>
  call(`${url}/_sandbox/faults`, { json: { platform: 'reddit', times: 1, ...json } })

/** The form fields of a lease, then the file; `order` may turn that round. */
export async function store(lease: Reply, file: MediaFile, order: 'last' | 'first' = 'last') {
  const { args } = Object(lease.body)
  const form = new FormData()
  const bytes = new Blob([new Uint8Array(readFileSync(file.path))], { type: file.facts.mimeType })
  if (order === 'first') form.append('file', bytes, file.facts.fileName)
  for (const { name, value } of args.fields) form.append(name, value)
  if (order === 'last') form.append('file', bytes, file.facts.fileName)
  const answer = await fetch(`http:${args.action}`, { method: 'POST', body: form })
  const key = args.fields.find(({ name }: { name: string }) => name === 'key').value
  return { status: answer.status, xml: await answer.text(), at: `http:${args.action}/${key}` }
}

export const lease = (url: string, bearer: string, mimetype = 'image/jpeg') =>
  post(url, bearer, '/api/media/asset.json', { filepath: 'a', mimetype })

/** The address of an uploaded file. */
export async function uploaded(
  url: string,
  bearer: string,
  file: MediaFile,
  type = file.facts.mimeType,
) {
  const stored = await store(await lease(url, bearer, type), file)
  if (stored.status !== 201) throw new Error(stored.xml)
  return stored.at
}
