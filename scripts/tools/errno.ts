/**
 * True when `error` is a system error with this code, such as ENOENT. By form and not by
 * `instanceof`: under jest, Node's own errors are of another realm's Error.
 */
export function isErrno(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('message' in error)) return String(error)
  return String(error.message)
}
