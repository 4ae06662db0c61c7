import { openAsBlob } from 'node:fs'
import type { Json } from './client.ts'

export interface UploadReply {
  status: number
  headers: Headers
  json: Json
}

export interface UploadOptions {
  fileName?: string
  headers?: Record<string, string>
  /** Further fields of the form. */
  fields?: Record<string, string>
}

/** Sends a file as the form that `POST /v1/media` takes; read from disk while it is sent. */
export async function uploadFile(
  url: string,
  key: string,
  path: string,
  options: UploadOptions = {},
): Promise<UploadReply> {
  const form = new FormData()
  for (const [name, value] of Object.entries(options.fields ?? {})) form.append(name, value)
  form.append('file', await openAsBlob(path), options.fileName ?? 'file')
  const response = await fetch(`${url}/v1/media`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, ...options.headers },
    body: form,
  })
  const json: Json = JSON.parse(await response.text())
  return { status: response.status, headers: response.headers, json }
}
