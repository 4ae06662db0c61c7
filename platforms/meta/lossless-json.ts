/**
 * JSON whose whole numbers beyond 2^53 come back as strings of their digits: Meta's ids have 17 and
 * more, and some answers send them as numbers. Throws SyntaxError, as `JSON.parse` does.
 */
export function parseLosslessJson(text: string): unknown {
  // The third argument is newer than TypeScript's own declaration (ES2026, V8 since 11.4).
  return JSON.parse(text, (_key, value: unknown, context?: { source?: string }) => {
    if (typeof value !== 'number' || Number.isSafeInteger(value)) return value
    const source = context?.source
    return source !== undefined && /^-?\d+$/.test(source) ? source : value
  })
}

/** For refusals, whose bodies may be anything. */
export function losslessJsonOrUndefined(text: string): unknown {
  try {
    return parseLosslessJson(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
