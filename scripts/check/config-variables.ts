import { renderEnvExample } from '../../config/env-example.ts'

/** Every variable that config/ or `npm start` reads, by name. */
export function configVariables(): ReadonlySet<string> {
  const names = renderEnvExample().matchAll(/^#([A-Z][A-Z0-9_]*)=/gm)
  return new Set([...names].map(([, name]) => name ?? ''))
}
