import type { PlatformHosts } from '../call.ts'

export function permalinkOf(hosts: PlatformHosts, videoId: string, asShort: boolean): string {
  const web = hosts.webBaseUrl ?? 'https://www.youtube.com'
  const id = encodeURIComponent(videoId)
  return asShort ? `${web}/shorts/${id}` : `${web}/watch?v=${id}`
}

export function commentPermalink(hosts: PlatformHosts, videoId: string, commentId: string): string {
  return `${permalinkOf(hosts, videoId, false)}&lc=${encodeURIComponent(commentId)}`
}
