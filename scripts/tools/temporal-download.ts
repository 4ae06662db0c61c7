import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ToolSource } from './obtain-tool.ts'
import { runCommand } from './run-command.ts'

const LOOKUP_TIMEOUT_MS = 4_000
const DOWNLOAD_TIMEOUT_MS = 10 * 60_000
const SDK_VERSION = '1.24.0'

/**
 * The download that the Temporal SDK itself offers, from the same service and by the same query
 * (sdk-core, ephemeral_server): it answers which version fits this SDK.
 */
export function temporalDownload(artifact: 'cli' | 'temporal-test-server'): ToolSource {
  return {
    kind: 'download',
    version: `sdk-${SDK_VERSION}`,
    async fetch(scratchDir, onProgress) {
      const info = await lookUp(artifact)
      onProgress(`${artifact}: downloading ${info.archiveUrl}`)
      const archive = join(scratchDir, 'archive.tar.gz')
      await download(info.archiveUrl, archive)
      const result = await runCommand('tar', ['-xzf', archive, '-C', scratchDir], {
        timeoutMs: DOWNLOAD_TIMEOUT_MS,
      })
      if (result.problem !== undefined) throw new Error(result.problem)
      return join(scratchDir, info.fileToExtract)
    },
  }
}

async function lookUp(artifact: string): Promise<{ archiveUrl: string; fileToExtract: string }> {
  const query = new URLSearchParams({
    arch: process.arch === 'arm64' ? 'arm64' : 'amd64',
    platform: process.platform === 'darwin' ? 'darwin' : 'linux',
    format: 'tar.gz',
    'sdk-name': 'sdk-typescript',
    'sdk-version': SDK_VERSION,
  })
  const response = await fetchOk(
    `https://temporal.download/${artifact}/default?${query}`,
    LOOKUP_TIMEOUT_MS,
  )
  const info: unknown = await response.json()
  if (!isInfo(info)) throw new Error('temporal.download gave an answer of another form')
  return info
}

function isInfo(value: unknown): value is { archiveUrl: string; fileToExtract: string } {
  if (typeof value !== 'object' || value === null) return false
  if (!('archiveUrl' in value) || !('fileToExtract' in value)) return false
  return typeof value.archiveUrl === 'string' && typeof value.fileToExtract === 'string'
}

async function download(url: string, path: string): Promise<void> {
  const response = await fetchOk(url, DOWNLOAD_TIMEOUT_MS)
  if (response.body === null) throw new Error('the download was empty')
  await pipeline(Readable.fromWeb(response.body), createWriteStream(path))
}

async function fetchOk(url: string, timeoutMs: number): Promise<Response> {
  const host = new URL(url).host
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) }).catch(() => {
    throw new Error(`${host} cannot be reached`)
  })
  if (!response.ok) throw new Error(`${host} answered ${response.status}`)
  return response
}
