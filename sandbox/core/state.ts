import { z } from 'zod'
import { Accounts } from './accounts.ts'
import { CallLog } from './calls.ts'
import { CommentLog } from './comments.ts'
import { Faults } from './faults.ts'
import { PostLog } from './posts.ts'
import { RateLimits } from './rate-limits.ts'
import { Secrets } from './secrets.ts'
import { MediaShelf } from './shelf.ts'
import { Tables } from './tables.ts'

/** What the platforms of one sandbox share. */
export interface SandboxState {
  now: () => Date
  tables: Tables
  accounts: Accounts
  posts: PostLog
  /** Comments under posts, which are no posts. */
  comments: CommentLog
  secrets: Secrets
  faults: Faults
  calls: CallLog
  /** Files that clients uploaded or that platforms fetched. */
  shelf: MediaShelf
  rateLimits: RateLimits
  /** Aborted when the sandbox closes; waits inside it end then. */
  closing: AbortController
}

export interface StateOptions {
  now?: () => Date
  restored?: Record<string, unknown>
  enforceRateLimits?: boolean
  /** Folder of uploaded files; a temporary one unless given. */
  mediaFolder?: string
}

/** An empty sandbox, or one as a state file left it. */
export function createState(options: StateOptions = {}): SandboxState {
  const tables = new Tables(options.restored)
  return {
    now: options.now ?? (() => new Date()),
    tables,
    accounts: new Accounts(tables),
    posts: new PostLog(tables),
    comments: new CommentLog(tables),
    secrets: new Secrets(tables),
    faults: new Faults(),
    calls: new CallLog(),
    shelf: new MediaShelf(options.mediaFolder, tables.open('shelf', z.string())),
    rateLimits: new RateLimits(options.enforceRateLimits ?? true),
    closing: new AbortController(),
  }
}
