import type { EntityManager } from '@mikro-orm/postgresql'
import type { MediaAsset } from '../../db/entities/media-asset.ts'
import {
  insertMedia,
  isMediaFileFree,
  lockMediaFile,
  type NewMedia,
} from '../../db/repositories/media-assets.ts'
import { type StagedFile, storageKeyOf } from '../../media/media-store.ts'
import { probeFile } from '../../media/probe-file.ts'
import type { ProbedFacts } from '../../media/refusal.ts'
import type { Requester } from '../contract/operation.ts'
import { cleanFileName } from './file-name.ts'

type StoreErrors = 'media_unsupported' | 'media_broken'

/** A file that has come in, from an upload or from `sourceUrl`. */
export interface Incoming {
  staged: StagedFile
  fileName: string
  sourceUrl: URL | undefined
}

/** A file may be removed once between keeping it and writing its row, hardly ever twice. */
const TRIES = 3

/**
 * Probes and keeps the file, then writes its row and what `also` does in one transaction. Bytes that
 * the tenant has already answer the row of before.
 */
export async function storeFile<T>(
  requester: Requester<StoreErrors>,
  { staged, fileName: given, sourceUrl }: Incoming,
  also: (em: EntityManager, asset: MediaAsset, isNew: boolean) => Promise<T>,
): Promise<T> {
  const { deps, actor } = requester
  const { tenantId, userId } = actor
  const { bytes, sha256 } = staged
  const fileName = cleanFileName(given)
  const path = sourceUrl === undefined ? 'file' : 'url'
  const probed = await probe(requester, staged, fileName, path)
  const storageKey = storageKeyOf(tenantId, sha256)
  const row: NewMedia = {
    ...{ tenantId, createdBy: userId, storageKey },
    facts: { ...probed, bytes, sha256, fileName },
    sourceUrl: sourceUrl === undefined ? null : `${sourceUrl.origin}${sourceUrl.pathname}`,
  }
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    await deps.media.store.keep(staged, storageKey)
    const done = await deps.db.withTenant(tenantId, async (em) => {
      await lockMediaFile(em, storageKey)
      // A deletion may have removed it just now; from here on none can.
      if (!(await deps.media.store.exists(storageKey))) return undefined
      const { asset, isNew } = await insertMedia(em, row)
      return { value: await also(em, asset, isNew) }
    })
    if (done !== undefined) return done.value
  }
  throw new Error('The file was removed each time it was stored.')
}

async function probe(
  requester: Requester<StoreErrors>,
  staged: StagedFile,
  fileName: string,
  path: 'file' | 'url',
): Promise<ProbedFacts> {
  const probed = await probeFile(staged.path, fileName)
  if (probed.ok) return probed.facts
  const { code, message } = probed
  throw requester.fail(code, { detail: message, errors: [{ path, code, message }] })
}

/**
 * Removes bytes whose row is gone. What is left after a crash or an outage is an orphan that a later
 * upload of the same bytes takes over, so failing here fails nothing else.
 */
export async function removeFile(
  { deps, actor }: Requester<never>,
  storageKey: string,
): Promise<void> {
  try {
    await deps.db.withTenant(actor.tenantId, async (em) => {
      await lockMediaFile(em, storageKey)
      // The same bytes may have come again since.
      if (await isMediaFileFree(em, storageKey)) await deps.media.store.remove(storageKey)
    })
  } catch (error) {
    deps.log.warn({ err: error }, 'a file without a row could not be removed')
  }
}
