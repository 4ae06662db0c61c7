import { makeBluesky } from './bluesky/bluesky.ts'
import { makeMastodon } from './mastodon/mastodon.ts'
import type { MakeStandIn } from './stand-in.ts'
import { makeX } from './x/x.ts'

/** The platforms this sandbox stands in for, in the order the page shows them. */
export const STAND_INS: readonly MakeStandIn[] = [makeX, makeBluesky, makeMastodon]
