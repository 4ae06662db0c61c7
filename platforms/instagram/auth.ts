import type { PlatformHosts } from '../call.ts'

export const INSTAGRAM_HOSTS: PlatformHosts = {
  authBaseUrl: 'https://www.instagram.com',
  apiBaseUrl: 'https://graph.instagram.com',
  tokenBaseUrl: 'https://api.instagram.com',
}
