import type { Account } from '../../core/accounts.ts'
import { refusal } from './errors.ts'
import type { Video, Youtube } from './store.ts'

/** 404 for one that is not there, 403 for someone else's. */
export function ownVideo({ videos }: Youtube, id: string, channel: Account): Video {
  const video = videos.get(id)
  if (video === undefined) {
    const message = 'The video that you are trying to change cannot be found.'
    throw refusal(404, 'videoNotFound', message)
  }
  if (video.channel === channel.account_id) return video
  throw refusal(403, 'forbidden', 'The request might not be properly authorized.')
}

export function canSee({ channel, metadata }: Video, reader: Account): boolean {
  return channel === reader.account_id || metadata.privacyStatus !== 'private'
}
