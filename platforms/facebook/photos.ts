import type { Media } from '../../domain/media.ts'
import type { Draft, Prepared, PublishCall, Workbench } from '../connector.ts'
import { mediaBody } from '../media.ts'
import { askAs, createdSchema } from '../meta/account.ts'
import { multipart } from '../multipart.ts'
import type { PageAccount } from './account.ts'
import { readState } from './state.ts'

/** Photos nobody sees until a post names them; those of a post that never comes vanish. */
export async function uploadPhotos(
  account: PageAccount,
  draft: Draft,
  call: PublishCall,
  bench: Workbench,
): Promise<Prepared> {
  const state = readState(bench.prepared)
  for (const file of draft.media.slice(state.photos.length)) {
    state.photos.push(await uploadPhoto(account, file, call))
    await bench.save({ state })
  }
  return { state }
}

const TIMEOUT_MS = 120_000

/** https://developers.facebook.com/docs/graph-api/reference/page/photos */
async function uploadPhoto(account: PageAccount, file: Media, call: PublishCall): Promise<string> {
  const fields: [string, string][] = [['published', 'false']]
  if (file.altText) fields.push(['alt_text_custom', file.altText])
  const { body, contentType } = multipart(fields, {
    name: 'source',
    fileName: file.fileName,
    mimeType: file.mimeType,
    body: mediaBody(call.media, file),
  })
  const asked = {
    method: 'POST' as const,
    path: `/${account.id}/photos`,
    headers: { 'content-type': contentType },
    body,
    timeoutMs: TIMEOUT_MS,
  }
  return (await askAs(account, asked, createdSchema, call)).id
}
