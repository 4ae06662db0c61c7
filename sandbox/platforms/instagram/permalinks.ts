import type { RequestHandler } from 'express'
import type { ContainerStore } from '../meta/containers.ts'
import { visit } from '../stand-in.ts'

/** /stories/{handle}/{id}/ */
export const visitProfile = visit('instagram', 'handle')

/** /p/{shortcode}/ and /reel/{shortcode}/: the timeline of whoever posted it. */
export function visitPost({ state, media }: ContainerStore): RequestHandler {
  return (req, res, next) => {
    const post = [...media.values()].find((one) => one.shortcode === req.params.code)
    const account = state.accounts.byId('instagram', post?.account_id ?? '')
    if (post === undefined || post.is_deleted || account === undefined) return next()
    const query = new URLSearchParams({ platform: 'instagram', account: account.handle })
    res.redirect(`/?${query}`)
  }
}
