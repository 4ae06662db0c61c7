import type { Access, PlatformHosts } from '../call.ts'
import type { Committed, Warning } from '../connector.ts'

export function xPost(
  hosts: PlatformHosts,
  access: Access,
  id: string,
  warnings: readonly Warning[] = [],
): Committed {
  const web = hosts.webBaseUrl ?? 'https://x.com'
  const handle = encodeURIComponent(access.accountHandle.replace(/^@/, ''))
  const permalink = `${web}/${handle}/status/${id}`
  return { platformPostId: id, permalink, ...(warnings.length > 0 ? { warnings } : {}) }
}
