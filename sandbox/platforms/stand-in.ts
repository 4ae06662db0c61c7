import type { RequestHandler, Router } from 'express'
import type { Platform } from '../../domain/platforms.ts'
import type { Account } from '../core/accounts.ts'
import type { SandboxState } from '../core/state.ts'

/** One platform of the sandbox. A new platform is a folder that makes one, and a registry line. */
export interface StandIn {
  readonly platform: Platform
  /** Shown on the page. */
  readonly title: string
  readonly router: Router
  /** Where the router answers; a platform whose base URL is an origin also answers at `/`. */
  readonly mounts: readonly string[]
  /** The handle in the platform's own form; undefined when the platform would refuse it. */
  normalizeHandle(handle: string): string | undefined
  newAccountId(nowMs: number): string
  /** Called once for each new account. */
  openAccount?(account: Account): void
  /** Credentials a test may use now, new ones when the earlier ones were revoked. */
  credentials(account: Account, origin: string): Record<string, string>
  /** The user withdraws the app's access. */
  revoke(accountId: string): void
  /** Access tokens of the account end now. */
  expire(accountId: string): void
  /** Drops every stored post. */
  forgetPosts(): void
  /** The name of an author that is no account: a page, an organization. */
  authorName?(authorId: string): string | undefined
  /** Registers another client application, where the platform has a portal for that. */
  registerApp?(redirectUris: readonly string[]): Record<string, unknown>
}

export type MakeStandIn = (state: SandboxState) => StandIn

/** Answers a permalink as a browser follows it: with the page of that account's timeline. */
export function visit(platform: Platform, param: string): RequestHandler {
  return (req, res) => {
    const account = String(req.params[param])
    res.redirect(`/?${new URLSearchParams({ platform, account })}`)
  }
}
