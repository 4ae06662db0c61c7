import { z } from 'zod'
import { PlatformFailure, rejected, transient } from '../../domain/failures.ts'
import type { Media } from '../../domain/media.ts'
import type { Workbench } from '../connector.ts'
import { type Progress, untilProcessed } from '../processing.ts'
import { type Account, inPath, readRest } from './rest.ts'
import { uploadRefused } from './upload.ts'

/** The three kinds of file have an endpoint each, alike but for their names. */
export const ENDPOINTS: Readonly<Record<Media['kind'], string>> = {
  image: '/images',
  gif: '/images',
  document: '/documents',
  video: '/videos',
}

const statusSchema = z.object({
  status: z.string(),
  processingFailureReason: z.string().optional(),
})

/** https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/videos-api */
export async function untilAvailable(
  account: Account,
  file: Media,
  urn: string,
  bench: Workbench,
): Promise<void> {
  let isHidden = false
  const look = async (): Promise<Progress<undefined>> => {
    const seen = await readStatus(account, file, urn)
    if (seen?.status === 'PROCESSING_FAILED') throw processingFailed(seen.processingFailureReason)
    // Not to be seen with this token: such a file gets one wait and is taken as good.
    const isDone = seen === undefined ? isHidden : seen.status === 'AVAILABLE'
    isHidden = seen === undefined
    return isDone ? { done: undefined } : {}
  }
  await untilProcessed(bench, look, stillProcessing)
}

/** Undefined where the token may not look: members' tokens show videos only. */
export async function readStatus(account: Account, file: Media, urn: string) {
  const path = `${ENDPOINTS[file.kind]}/${inPath(urn)}`
  try {
    return await readRest(account, { path }, statusSchema)
  } catch (error) {
    const code = error instanceof PlatformFailure ? error.code : undefined
    if (code === 'linkedin_forbidden') return undefined
    if (code === 'linkedin_not_found') throw uploadRefused(404)
    throw error
  }
}

function stillProcessing(): PlatformFailure {
  const message = 'LinkedIn is still working on a file of this post; Clarion asks again.'
  return transient({ code: 'linkedin_still_processing', message })
}

function processingFailed(reason: string | undefined): PlatformFailure {
  const words = reason ? ` (${reason.slice(0, 200)})` : ''
  const message = `LinkedIn could not process a file of this post${words}. Export it again, or use another.`
  return rejected({ code: 'linkedin_processing_failed', message, startOver: true })
}
