import { defineEntity, p } from '@mikro-orm/core'
import { createdAt, id } from './columns.ts'

const PostMediaSchema = defineEntity({
  name: 'PostMedia',
  tableName: 'post_media',
  properties: {
    id: id(),
    tenantId: p.uuid(),
    postId: p.uuid(),
    /** Null: the post's own; else of one target's variant. */
    targetId: p.uuid().nullable(),
    /** `media`, `thread.0`, `settings.thumbnail_media_id`. */
    place: p.text(),
    /** Order within the place, from 0. */
    position: p.integer(),
    mediaId: p.uuid(),
    altText: p.text().nullable(),
    createdAt: createdAt(),
  },
  indexes: [{ name: 'post_media_by_media_index', properties: ['tenantId', 'mediaId'] }],
  uniques: [
    { name: 'post_media_tenant_id_id_unique', properties: ['tenantId', 'id'] },
    {
      name: 'post_media_place_unique',
      properties: ['tenantId', 'postId', 'place', 'position'],
      where: 'target_id is null',
    },
    {
      name: 'post_media_target_place_unique',
      properties: ['tenantId', 'postId', 'targetId', 'place', 'position'],
      where: 'target_id is not null',
    },
  ],
  checks: [
    {
      name: 'post_media_place_check',
      expression: `place ~ '^(media|thread[.][0-9]+|settings[.][a-z0-9_]+_media_id)$'`,
    },
    { name: 'post_media_position_check', expression: 'position >= 0' },
  ],
  rowLevelSecurity: 'force',
})

/** Where a post uses a stored file. As long as it does, the file cannot be deleted. */
export class PostMedia extends PostMediaSchema.class {}
PostMediaSchema.setClass(PostMedia)
