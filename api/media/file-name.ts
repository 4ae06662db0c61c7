const MAX_LENGTH = 255

/** The last part of a path in characters that people and databases can read; `file` for none. */
export function cleanFileName(given: string): string {
  const base = given.split(/[/\\]/).at(-1) ?? ''
  const clean = base
    .toWellFormed()
    .replace(/\p{Cc}/gu, '')
    .trim()
  return clean.slice(-MAX_LENGTH).toWellFormed() || 'file'
}

/** The name at the end of an address. */
export function nameOfUrl(url: URL): string {
  const last = url.pathname.split('/').at(-1) ?? ''
  try {
    return decodeURIComponent(last)
  } catch {
    // A stray percent sign: the name is taken as it stands.
    return last
  }
}
