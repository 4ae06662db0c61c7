import type { Access, PlatformHosts } from '../call.ts'
import type { Committed } from '../connector.ts'

export function xPost(hosts: PlatformHosts, access: Access, id: string): Committed {
  const web = hosts.webBaseUrl ?? 'https://x.com'
  const handle = encodeURIComponent(access.accountHandle.replace(/^@/, ''))
  return { platformPostId: id, permalink: `${web}/${handle}/status/${id}` }
}
