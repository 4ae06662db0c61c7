import type { Requester, Upload } from '../contract/operation.ts'
import type { MediaAnswer } from '../contract/schemas/media.ts'
import { presentMedia } from '../presenters/media.ts'
import { fetchFile } from './fetch-file.ts'
import { nameOfUrl } from './file-name.ts'
import { type Incoming, storeFile } from './store-file.ts'

type TakeErrors =
  | 'validation_failed'
  | 'media_unsupported'
  | 'media_broken'
  | 'media_unreachable'
  | 'media_too_large'

interface Wanted {
  url?: string
  file_name?: string
}

/** Stores what was uploaded or what the address answers: 201 for a new file, 200 for a known one. */
export async function takeFile(
  requester: Requester<TakeErrors>,
  { url, file_name: name }: Wanted,
  upload: Upload | undefined,
) {
  if ((url === undefined) === (upload === undefined)) throw refuse(requester, upload)
  if (upload !== undefined) {
    return store(requester, { ...upload, fileName: name ?? upload.fileName, sourceUrl: undefined })
  }
  const sourceUrl = new URL(url ?? '')
  const staged = await fetchFile(requester, sourceUrl)
  try {
    return await store(requester, { staged, fileName: name ?? nameOfUrl(sourceUrl), sourceUrl })
  } finally {
    await staged.discard()
  }
}

function store(requester: Requester<TakeErrors>, incoming: Incoming) {
  return storeFile(requester, incoming, async (em, asset, isNew) => {
    const { kind, sha256 } = asset
    await requester.audit(em, asset.id, { kind, sha256, is_new: isNew })
    const body: MediaAnswer = presentMedia(asset, requester.deps.media.urls)
    const answer = { body, status: isNew ? 201 : 200, location: `/v1/media/${asset.id}` }
    await requester.remember(em, answer)
    return answer
  })
}

function refuse(requester: Requester<TakeErrors>, upload: Upload | undefined) {
  const message =
    upload === undefined
      ? 'Send a form with a file, or JSON with the url of one.'
      : 'Give a file or a url, not both.'
  const errors = [{ path: 'url', code: upload === undefined ? 'required' : 'given_twice', message }]
  return requester.fail('validation_failed', { detail: message, errors })
}
