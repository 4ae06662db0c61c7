import { makeBluesky } from './bluesky/bluesky.ts'
import { makeFacebook } from './facebook/facebook.ts'
import { makeGoogleBusiness } from './google_business/google-business.ts'
import { makeInstagram } from './instagram/instagram.ts'
import { makeLinkedin } from './linkedin/linkedin.ts'
import { makeMastodon } from './mastodon/mastodon.ts'
import { makePinterest } from './pinterest/pinterest.ts'
import { makeReddit } from './reddit/reddit.ts'
import type { MakeStandIn } from './stand-in.ts'
import { makeThreads } from './threads/threads.ts'
import { makeTiktok } from './tiktok/tiktok.ts'
import { makeX } from './x/x.ts'
import { makeYoutube } from './youtube/youtube.ts'

/** The platforms this sandbox stands in for, in the order the page shows them. */
export const STAND_INS: readonly MakeStandIn[] = [
  makeX,
  makeBluesky,
  makeMastodon,
  makePinterest,
  makeLinkedin,
  makeTiktok,
  makeYoutube,
  makeGoogleBusiness,
  makeFacebook,
  makeInstagram,
  makeThreads,
  makeReddit,
]
