import { Refusal } from '../../http/answer.ts'
import type { Author } from './authors.ts'
import { apiError } from './errors.ts'
import { badRequest, type PostContent } from './post-body.ts'
import type { LinkedinMedia, LinkedinStore } from './store.ts'

/** The files that a content shows, in order; refuses what is unknown, foreign or not ready. */
export function acceptContent(
  store: LinkedinStore,
  content: PostContent | undefined,
  author: Author,
): LinkedinMedia[] {
  const find = (urn: string, kinds: LinkedinMedia['kind'][]) => ready(store, urn, { author, kinds })
  if (content?.article?.thumbnail !== undefined) find(content.article.thumbnail, ['image'])
  if (content?.multiImage !== undefined) {
    return content.multiImage.images.map(({ id }) => find(id, ['image']))
  }
  if (content?.media === undefined) return []
  const media = find(content.media.id, ['image', 'video', 'document'])
  if (media.kind === 'document' && !content.media.title) {
    throw badRequest('MISSING_FIELD', '/content/media/title :: a document needs a title')
  }
  return [media]
}

function ready(
  store: LinkedinStore,
  urn: string,
  { author, kinds }: { author: Author; kinds: LinkedinMedia['kind'][] },
): LinkedinMedia {
  const type = kinds.find((kind) => urn.startsWith(`urn:li:${kind}:`))
  if (type === undefined) throw badRequest('INVALID_URN_TYPE', `Invalid urn: ${urn}`)
  const media = store.media.get(urn)
  if (media === undefined) {
    throw new Refusal(apiError(404, { message: `Could not find entity ${urn}` }))
  }
  if (media.owner !== author.urn) {
    throw badRequest('ILLEGAL_ARGUMENT', `${urn} does not belong to ${author.urn}`)
  }
  if (media.status === 'WAITING_UPLOAD') {
    throw badRequest('MEDIA_ASSET_WAITING_UPLOAD', `${urn} has not been uploaded`)
  }
  if (media.status === 'PROCESSING_FAILED' || media.fault !== null) {
    throw badRequest('MEDIA_ASSET_PROCESSING_FAILED', `${urn} failed processing: ${media.fault}`)
  }
  // Members cannot ask after images and documents, so those are taken as they come.
  if (media.kind === 'video' && media.status === 'PROCESSING') {
    throw badRequest('MEDIA_ASSET_PROCESSING', `${urn} is still being processed`)
  }
  return media
}
