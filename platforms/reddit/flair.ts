import { z } from 'zod'
import { PlatformFailure, rejected } from '../../domain/failures.ts'
import type { Access, Call, PlatformHosts } from '../call.ts'
import { readReddit } from './client.ts'
import type { RedditSettings } from './limits.ts'

const flairsSchema = z.array(
  z.object({
    id: z.string(),
    text: z.string().nullish(),
    text_editable: z.boolean().nullish(),
  }),
)

type Flair = z.output<typeof flairsSchema>[number]

interface Asked {
  hosts: PlatformHosts
  name: string
  settings: RedditSettings
  access: Access
  call: Call
}

/** Most refusals of Reddit are a missing or unknown flair, so it is looked at beforehand. */
export async function checkFlair(asked: Asked, isRequired: boolean): Promise<void> {
  const { name, settings } = asked
  const { flair_id, flair_text } = settings
  if (flair_id === undefined && !isRequired) return
  const flairs = await readFlairs(asked)
  if (flair_id === undefined) {
    const message = `r/${name} wants a flair. Choose a flair_id: ${listOf(flairs)}.`
    throw rejected({ code: 'reddit_flair_required', message })
  }
  const chosen = flairs.find(({ id }) => id === flair_id)
  if (chosen === undefined) {
    const message = `r/${name} has no such flair. Choose a flair_id: ${listOf(flairs)}.`
    throw rejected({ code: 'reddit_bad_flair_template_id', message })
  }
  const isChanged = flair_text !== undefined && flair_text !== chosen.text
  if (isChanged && chosen.text_editable === false) {
    const message = `The text of the flair “${chosen.text ?? flair_id}” of r/${name} is fixed: leave out flair_text.`
    throw rejected({ code: 'reddit_flair_text_fixed', message })
  }
}

/** https://www.reddit.com/dev/api/#GET_api_link_flair_v2; 403 where flair is off. */
async function readFlairs({ hosts, name, access, call }: Asked): Promise<Flair[]> {
  try {
    return await readReddit(hosts, `/r/${name}/api/link_flair_v2`, {}, flairsSchema, access, call)
  } catch (error) {
    if (error instanceof PlatformFailure && error.code === 'reddit_forbidden') return []
    throw error
  }
}

function listOf(flairs: readonly Flair[]): string {
  if (flairs.length === 0) return 'it offers none to this account'
  return flairs
    .slice(0, 20)
    .map(({ id, text }) => `“${text ?? ''}” (${id})`)
    .join(', ')
}
