/** Code of a cipher's trouble for rows and histories; undefined for any other error. */
export function cipherCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  switch (error.name) {
    case 'CipherUnavailable':
      return 'vault_unavailable'
    case 'CipherDenied':
      return 'vault_denied'
    case 'CipherRefused':
      return 'vault_refused'
    default:
      return undefined
  }
}
