import { defineEntity, p } from '@mikro-orm/core'
import { instant, jsonObject } from './columns.ts'

/** What each sweep found; of the installation, not of a tenant. */
const SweepResultSchema = defineEntity({
  name: 'SweepResult',
  tableName: 'sweep_results',
  properties: {
    /** A string, as a bigint may outgrow a number. */
    id: p.bigint('string').primary().generated('by default as identity'),
    at: instant().defaultRaw('now()'),
    disagreements: p.integer(),
    detail: jsonObject(),
  },
  indexes: [{ name: 'sweep_results_at_index', properties: ['at'] }],
  checks: [{ name: 'sweep_results_disagreements_check', expression: 'disagreements >= 0' }],
})

export class SweepResult extends SweepResultSchema.class {}
SweepResultSchema.setClass(SweepResult)
