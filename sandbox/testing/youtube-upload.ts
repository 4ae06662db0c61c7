import { readFileSync } from 'node:fs'
import { type MediaFile, makeVideo } from '../../test/support/media-files.ts'
import { scope } from '../platforms/google/scopes.ts'
import { login } from './google-login.ts'
import { call, pick, type Reply } from './http.ts'

/** Parts are multiples of it. */
export const UNIT = 262_144
export const SNIPPET = { title: 'A title', description: 'What it is', categoryId: '22' }
export const PRIVATE = { privacyStatus: 'private' }
/** Three units and a little. */
export const clip = await makeVideo({ bytes: 3 * UNIT })

const ALL = ['youtube', 'youtube.upload', 'youtube.force-ssl'].map(scope).join(' ')

export const signIn = async (url: string, handle = 'alice') =>
  (await login(url, 'youtube', { scope: ALL, sandbox_account: handle })).access

export function start(
  url: string,
  bearer: string,
  { snippet = SNIPPET, status = {}, file = clip, query = 'part=snippet,status' } = {} as {
    snippet?: Record<string, unknown>
    status?: Record<string, unknown>
    file?: MediaFile
    query?: string
  },
): Promise<Reply> {
  const headers = {
    'x-upload-content-length': String(file.facts.bytes),
    'x-upload-content-type': 'video/mp4',
  }
  const path = `/youtube/upload/youtube/v3/videos?uploadType=resumable&${query}`
  return call(url + path, { bearer, json: { snippet, status }, headers })
}

export async function sessionOf(...args: Parameters<typeof start>): Promise<string> {
  return (await start(...args)).headers.get('location') ?? ''
}

/** Bytes of a file from `from` on, `to` excluded; without them the question how far it is. */
export async function put(session: string, file: MediaFile, from?: number, to = file.facts.bytes) {
  const total = file.facts.bytes
  const range = from === undefined ? `bytes */${total}` : `bytes ${from}-${to - 1}/${total}`
  const body = from === undefined ? '' : readFileSync(file.path).subarray(from, to)
  const headers = { 'content-range': range, 'content-type': 'video/mp4' }
  const answer = await fetch(session, { method: 'PUT', headers, body, redirect: 'manual' })
  const text = await answer.text()
  return {
    status: answer.status,
    range: answer.headers.get('range'),
    body: text === '' ? undefined : JSON.parse(text),
  }
}

/** A whole video; its id. */
export async function upload(...args: Parameters<typeof start>): Promise<string> {
  const { body } = await put(await sessionOf(...args), args[2]?.file ?? clip, 0)
  return pick(body, 'id')
}

export const api = (url: string, bearer: string, path: string, options = {}) =>
  call(`${url}/youtube/youtube/v3/${path}`, { bearer, ...options })

export const reasonOf = ({ status, body }: { status: number; body: unknown }) => [
  status,
  pick(body, 'error', 'errors', 0, 'reason'),
]

export const truth = async (url: string) =>
  Object(await call(`${url}/_sandbox/posts?platform=youtube`)).body.data

export const fault = (url: string, json: Record<string, unknown>) =>
  call(`${url}/_sandbox/faults`, { json: { platform: 'youtube', times: 1, ...json } })
