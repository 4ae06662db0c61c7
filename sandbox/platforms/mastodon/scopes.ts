/** https://docs.joinmastodon.org/api/oauth-scopes/ */
const READ =
  'accounts blocks bookmarks favourites filters follows lists mutes notifications search statuses'
const WRITE =
  'accounts blocks bookmarks conversations favourites filters follows lists media mutes notifications reports statuses'

export const SCOPES: readonly string[] = [
  'profile',
  'read',
  ...READ.split(' ').map((one) => `read:${one}`),
  'write',
  ...WRITE.split(' ').map((one) => `write:${one}`),
  'follow',
  'push',
]

/** Separated by spaces, or by + where a client encoded twice. */
export function parseScopes(text: string): string[] {
  return text.split(/[\s+]+/).filter((scope) => scope !== '')
}

/** `write` covers `write:statuses`; nothing covers more than it names. */
export function covers(granted: readonly string[], wanted: string): boolean {
  return granted.includes(wanted) || granted.includes(wanted.split(':')[0] ?? wanted)
}
