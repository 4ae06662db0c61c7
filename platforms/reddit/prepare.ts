import type { Media } from '../../domain/media.ts'
import type { Access, PlatformHosts } from '../call.ts'
import type { Draft, Prepared, PublishCall, Workbench } from '../connector.ts'
import { kindOf } from './limits.ts'
import { assertRules } from './rules.ts'
import { type RedditState, readState } from './state.ts'
import { type Asset, uploadFile } from './upload.ts'

/** The subreddit's rules first, then the files, each kept as soon as it is there. */
export async function preparePost(context: {
  hosts: PlatformHosts
  draft: Draft
  access: Access
  call: PublishCall
  bench: Workbench
}): Promise<Prepared> {
  const { hosts, draft, access, call, bench } = context
  const saved = readState(bench.prepared)
  if (saved === undefined) await assertRules(hosts, draft, access, call)
  const state: RedditState = saved ?? { rules_read: true, assets: [] }
  const save = () => bench.save({ state: { ...state } })
  const upload = (file: Media): Promise<Asset> => uploadFile(hosts, file, access, call)
  if (saved === undefined) await save()
  for (const file of draft.media.slice(state.assets.length)) {
    state.assets.push(await upload(file))
    await save()
  }
  const poster = kindOf(draft) === 'video' ? draft.attached.poster_media_id : undefined
  if (poster && state.poster === undefined) {
    state.poster = await upload(poster)
    await save()
  }
  return { state: { ...state } }
}
