import type { RequestHandler } from 'express'
import { livePost, type PageStore } from './page-store.ts'

/** A permalink as a visitor follows it: to the timeline of the Page. */
export function visitPage(store: PageStore): RequestHandler {
  return (req, res, next) => {
    const { page, video, id } = req.params
    const shown = store.videos.get(String(video ?? id))?.post_id
    const post = livePost(store, shown ?? `${page}_${id}`) ?? livePost(store, String(id))
    if (post === undefined) return next()
    const query = new URLSearchParams({ platform: 'facebook', account: post.page_id })
    res.redirect(`/?${query}`)
  }
}
