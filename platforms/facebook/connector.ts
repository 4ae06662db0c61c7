import type { PlatformHosts } from '../call.ts'
import type { Connector, Draft, Prepared, PublishCall, Workbench } from '../connector.ts'
import { lookObject, removeObject } from '../meta/account.ts'
import { describeSettings } from '../settings.ts'
import type { ConfirmTiming } from '../timing.ts'
import { type PageAccount, pageAccount } from './account.ts'
import { makeFacebookAuthorizer } from './auth.ts'
import { commitToPage } from './commit.ts'
import { makeFacebookConfirm } from './confirm.ts'
import { FACEBOOK_LIMITS, facebookSettings, validateFacebook } from './limits.ts'
import { uploadPhotos } from './photos.ts'
import { uploadReel } from './reel-upload.ts'
import { formOf } from './state.ts'
import { uploadVideo } from './video-upload.ts'

export function makeFacebookConnector(hosts: PlatformHosts, timing: ConfirmTiming): Connector {
  return {
    platform: 'facebook',
    limits: FACEBOOK_LIMITS,
    kinds: ['text', 'link', 'image', 'album', 'video', 'reel', 'story'],
    auth: makeFacebookAuthorizer(hosts),
    settingsSchema: describeSettings(facebookSettings),
    validate: validateFacebook,
    prepare: (draft, access, call, bench) =>
      prepare(pageAccount(hosts, access), draft, call, bench),
    commit: (draft, access, call, prepared) =>
      commitToPage(pageAccount(hosts, access), draft, prepared, call),
    confirm: makeFacebookConfirm(hosts, timing),
    // A video's own id works where that of its post needs the Page's in front.
    remove: ({ platformPostId, metadata }, access, call) =>
      removeObject(pageAccount(hosts, access), metadata?.video_id ?? platformPostId, call),
    lookup: ({ platformPostId, metadata }, access, call) =>
      lookObject(pageAccount(hosts, access), metadata?.video_id ?? platformPostId, call),
    whereToCheck: (handle) =>
      `Look at the newest posts, reels and stories of the Page ${handle} on Facebook.`,
  }
}

/** Files go up unseen; what publishes them is small. */
async function prepare(
  account: PageAccount,
  draft: Draft,
  call: PublishCall,
  bench: Workbench,
): Promise<Prepared> {
  const form = formOf(draft)
  switch (form) {
    case 'comment':
      return { state: {} }
    case 'feed':
    case 'photo_story':
      return uploadPhotos(account, draft, call, bench)
    case 'video':
      return uploadVideo(account, draft, call, bench)
    case 'reel':
      return uploadReel(account, 'video_reels', draft, call, bench)
    case 'video_story':
      return uploadReel(account, 'video_stories', draft, call, bench)
  }
}
