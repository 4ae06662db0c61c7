import type { Authorizer } from '../authorizer.ts'
import type { PlatformHosts } from '../call.ts'
import { makeFacebookLoginAuthorizer } from './facebook-login.ts'
import { makeInstagramLoginAuthorizer } from './instagram-login.ts'

export const INSTAGRAM_HOSTS: PlatformHosts = {
  authBaseUrl: 'https://www.instagram.com',
  apiBaseUrl: 'https://graph.instagram.com',
  tokenBaseUrl: 'https://api.instagram.com',
}

/** Through a Page first: that way alone may delete posts and reach an agency's many accounts. */
export function makeInstagramAuthorizers(
  hosts: PlatformHosts,
  facebookHosts: PlatformHosts,
): readonly Authorizer[] {
  return [makeFacebookLoginAuthorizer(facebookHosts), makeInstagramLoginAuthorizer(hosts)]
}
