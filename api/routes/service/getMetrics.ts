import { defineOperation, NOTHING } from '../../contract/operation.ts'
import type { Metrics } from '../../metrics.ts'

/** Public like the other service paths: counts only, nothing of a tenant. */
export function getMetrics(metrics: Metrics) {
  return defineOperation({
    id: 'getMetrics',
    method: 'get',
    path: '/metrics',
    summary: 'Metrics for Prometheus',
    tags: ['service'],
    access: 'public',
    audit: 'none',
    idempotency: 'inherent',
    params: NOTHING,
    query: NOTHING,
    body: NOTHING,
    success: { status: 200, description: 'Prometheus text format.', content: 'text' },
    errors: [],
    handler: async () => ({ text: await metrics.render(), contentType: metrics.contentType }),
  })
}
