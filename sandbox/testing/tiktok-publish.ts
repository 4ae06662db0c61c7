import { readFileSync } from 'node:fs'
import type { MediaFile } from '../../test/support/media-files.ts'
import { call, type Reply } from './http.ts'
import { login } from './tiktok-login.ts'

const SCOPE = 'user.info.basic,video.publish,video.upload,video.list'
export const PUBLIC = { title: 'Hello #fyp', privacy_level: 'PUBLIC_TO_EVERYONE' }

export const signIn = async (url: string, handle = 'alice') =>
  (await login(url, { scope: SCOPE, sandbox_account: handle })).access

export function api(url: string, bearer: string, path: string, json: unknown): Promise<Reply> {
  return call(`${url}/tiktok/v2/${path}`, { bearer, json })
}

export function plan({ facts }: MediaFile, chunk_size = facts.bytes) {
  const total_chunk_count = Math.floor(facts.bytes / chunk_size)
  return { source: 'FILE_UPLOAD', video_size: facts.bytes, chunk_size, total_chunk_count }
}

export function initFile(url: string, bearer: string, file: MediaFile, chunk?: number) {
  const json = { post_info: PUBLIC, source_info: plan(file, chunk) }
  return api(url, bearer, 'post/publish/video/init/', json)
}

/** One part of a file, `end` excluded; `changes` replace headers. */
export async function put(
  address: string,
  { path, facts }: MediaFile,
  [start, end]: [number, number],
  changes: Record<string, string> = {},
) {
  const range = `bytes ${start}-${end - 1}/${facts.bytes}`
  const headers = { 'content-type': 'video/mp4', 'content-range': range, ...changes }
  const body = readFileSync(path).subarray(start, end)
  const { status, headers: back } = await fetch(address, { method: 'PUT', headers, body })
  return [status, back.get('content-range')]
}

export const status = (url: string, bearer: string, publish_id: string) =>
  api(url, bearer, 'post/publish/status/fetch/', { publish_id })

export const truth = async (url: string) =>
  Object(await call(`${url}/_sandbox/posts?platform=tiktok`)).body.data

export const fault = (url: string, json: Record<string, unknown>) =>
  call(`${url}/_sandbox/faults`, { json: { platform: 'tiktok', times: 1, ...json } })
