import { defineEntity, p } from '@mikro-orm/core'
import { MEDIA_KINDS, type MediaFacts } from '../../domain/media.ts'
import { createdAt, id, updatedAt } from './columns.ts'

/** What of a fact sheet has no column of its own. */
export type MoreMediaFacts = Pick<
  MediaFacts,
  'frameRate' | 'frames' | 'pages' | 'videoCodec' | 'audioCodec'
>

const MediaAssetSchema = defineEntity({
  name: 'MediaAsset',
  tableName: 'media_assets',
  properties: {
    id: id(),
    tenantId: p.uuid(),
    /** Hex digest of the whole file: the same file is stored once in a tenant. */
    sha256: p.text(),
    kind: p.enum(MEDIA_KINDS),
    mimeType: p.text(),
    /** Far below 2^53, so a number is exact. */
    bytes: p.bigint('number'),
    /** Pixels as displayed. */
    width: p.integer().nullable(),
    height: p.integer().nullable(),
    durationMs: p.integer().nullable(),
    facts: p.json<MoreMediaFacts>().defaultRaw(`'{}'`),
    /** Of the first upload of these bytes. */
    fileName: p.text(),
    /** Where the store keeps the file. */
    storageKey: p.text(),
    /** Where it was fetched from, without the query, which may grant access. */
    sourceUrl: p.text().nullable(),
    createdBy: p.uuid().nullable(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  indexes: [
    {
      name: 'media_assets_created_index',
      columns: [{ name: 'tenant_id' }, { name: 'created_at', sort: 'DESC' }, { name: 'id' }],
    },
  ],
  uniques: [
    { name: 'media_assets_tenant_id_id_unique', properties: ['tenantId', 'id'] },
    { name: 'media_assets_sha256_unique', properties: ['tenantId', 'sha256'] },
  ],
  checks: [
    { name: 'media_assets_sha256_check', expression: `sha256 ~ '^[0-9a-f]{64}$'` },
    {
      name: 'media_assets_size_check',
      expression: `bytes > 0 and width > 0 and height > 0 and duration_ms >= 0
    and (width is null) = (height is null)`,
    },
    { name: 'media_assets_source_url_check', expression: `source_url !~ '[?#]'` },
  ],
  rowLevelSecurity: 'force',
})

/** A stored file and its fact sheet. */
export class MediaAsset extends MediaAssetSchema.class {}
MediaAssetSchema.setClass(MediaAsset)
