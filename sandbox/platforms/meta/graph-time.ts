/** Instants as Graph writes them: whole seconds, and an offset without a colon. */
export function graphTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}+0000`
}
