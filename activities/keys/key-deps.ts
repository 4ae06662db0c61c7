import type { ActivityDeps } from '../deps.ts'

/** What the activities of a rotation need; without `keys` they use the worker's own cipher. */
export type KeyDeps = Pick<ActivityDeps, 'db' | 'cipher' | 'keys' | 'log'>
