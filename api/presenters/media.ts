import type { MediaAsset } from '../../db/entities/media-asset.ts'
import { factsOf } from '../../db/repositories/media-assets.ts'
import type { MediaUrls } from '../../media/media-urls.ts'
import type { MediaAnswer } from '../contract/schemas/media.ts'

/** The row as `Media` of the contract, with an address that ends within the hour. */
export function presentMedia(asset: MediaAsset, urls: MediaUrls): MediaAnswer {
  const facts = factsOf(asset)
  return {
    id: facts.id,
    kind: facts.kind,
    mime_type: facts.mimeType,
    bytes: facts.bytes,
    width: facts.width ?? null,
    height: facts.height ?? null,
    duration_ms: facts.durationMs ?? null,
    frame_rate: facts.frameRate ?? null,
    frames: facts.frames ?? null,
    pages: facts.pages ?? null,
    video_codec: facts.videoCodec ?? null,
    audio_codec: facts.audioCodec ?? null,
    sha256: facts.sha256,
    file_name: facts.fileName,
    status: 'ready',
    source_url: asset.sourceUrl ?? null,
    url: urls.urlOf(asset.tenantId, facts),
    created_by: asset.createdBy ?? null,
    created_at: asset.createdAt.toISOString(),
    updated_at: asset.updatedAt.toISOString(),
  }
}
