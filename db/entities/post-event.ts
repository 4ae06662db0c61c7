import { defineEntity, p } from '@mikro-orm/core'
import { id, instant, jsonObject, seq } from './columns.ts'

const PostEventSchema = defineEntity({
  name: 'PostEvent',
  tableName: 'post_events',
  properties: {
    id: id(),
    tenantId: p.uuid(),
    postId: p.uuid(),
    seq: seq(),
    type: p.text(),
    detail: jsonObject(),
    actor: p.text().nullable(),
    /** Unique per decision; see `applyCommand`. */
    transitionId: p.text().nullable(),
    at: instant().defaultRaw('now()'),
  },
  uniques: [
    { name: 'post_events_tenant_id_id_unique', properties: ['tenantId', 'id'] },
    { name: 'post_events_seq_unique', properties: ['tenantId', 'postId', 'seq'] },
    {
      name: 'post_events_transition_unique',
      properties: ['tenantId', 'postId', 'transitionId'],
      where: 'transition_id is not null',
    },
  ],
  rowLevelSecurity: 'force',
})

export class PostEvent extends PostEventSchema.class {}
PostEventSchema.setClass(PostEvent)
