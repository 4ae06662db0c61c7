/** Binds a token's ciphertext to its tenant, connection and kind (`access`, `refresh` …), so that a
 * ciphertext pasted onto another row cannot be read. The API and the activities both use this. */
export function tokenContext(tenantId: string, connectionId: string, kind: string) {
  return { tenantId, connectionId, field: kind }
}
