import { z } from 'zod'
import { PLATFORMS } from '../../domain/platforms.ts'
import { FAULT_STEPS } from '../core/calls.ts'
import { FAULT_KINDS } from '../core/faults.ts'

const platform = z.enum(PLATFORMS)
const DAY_MS = 86_400_000

export const faultBody = z.strictObject({
  platform,
  account_id: z.string().min(1).optional(),
  step: z.enum(FAULT_STEPS),
  fault: z.enum(FAULT_KINDS),
  times: z.int().positive().nullable(),
  status: z.int().min(400).max(599).optional(),
  delay_ms: z.int().min(0).max(DAY_MS).optional(),
  retry_after_s: z.int().min(0).max(86_400).optional(),
})

export const accountRef = z.strictObject({ platform, account_id: z.string().min(1) })

export const accountBody = z.strictObject({
  platform,
  handle: z.string().min(1),
  display_name: z.string().min(1).max(100).optional(),
})

export const appBody = z.strictObject({ platform, redirect_uris: z.array(z.url()).min(1) })

export const postsQuery = z.strictObject({
  platform: platform.optional(),
  account_id: z.string().optional(),
  text: z.string().optional(),
})

export const commentsQuery = postsQuery.extend({ platform_post_id: z.string().optional() })

export const callsQuery = z.strictObject({
  platform: platform.optional(),
  account_id: z.string().optional(),
  step: z.string().optional(),
})

export const platformQuery = z.strictObject({ platform: platform.optional() })
