/** `ENOENT` and the like; undefined for errors that the system did not make. */
export function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
}
