import type { AcceptedPost } from '../core/posts.ts'
import type { SandboxState } from '../core/state.ts'
import { type Answer, html } from '../http/answer.ts'
import { escapeHtml } from '../http/html.ts'
import type { StandIn } from '../platforms/stand-in.ts'
import { mediaTag } from './media.ts'
import { STYLE } from './style.ts'

const LATEST = 50
const REFRESH_MS = 3000

/** Replaces only the timelines, so that reading is not disturbed by a reload. */
const REFRESH = `setInterval(async()=>{if(document.hidden)return;try{const r=await fetch(location);
const d=new DOMParser().parseFromString(await r.text(),'text/html').querySelector('main');
const m=document.querySelector('main');if(d.innerHTML!==m.innerHTML)m.replaceWith(d)}catch(e){console.warn(e)}},${REFRESH_MS})`

/** GET /: every account's timeline as a visitor would see it; `?platform=&account=` narrows. */
export function timelinesPage(
  state: SandboxState,
  standIns: readonly StandIn[],
  filter: { platform: string | null; account: string | null },
): Answer {
  const shown = standIns.filter(
    (one) => filter.platform === null || one.platform === filter.platform,
  )
  const links = standIns.map((one) => navLink(one, filter.platform))
  return html(
    200,
    `<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>Sandbox timelines</title>
<style>${STYLE}</style></head><body>
<header><h1>Sandbox timelines</h1>
<p>What visitors of the stand-in platforms see. Nothing here leaves this machine.</p>
<nav><a href="/"${filter.platform === null ? ' aria-current="page"' : ''}>All</a>${links.join('')}</nav></header>
<main>${shown.map((one) => platformSection(state, one, filter.account)).join('\n')}</main>
<script>${REFRESH}</script></body></html>`,
  )
}

function navLink(standIn: StandIn, current: string | null): string {
  const here = standIn.platform === current ? ' aria-current="page"' : ''
  return `<a href="/?platform=${standIn.platform}"${here}>${escapeHtml(standIn.title)}</a>`
}

/** Whoever has a timeline: a person, or a page or organization that has posted. */
interface Author {
  id: string
  handle: string
  name: string
}

/** An author is chosen by id or handle. */
function platformSection(state: SandboxState, standIn: StandIn, account: string | null): string {
  const authors = authorsOf(state, standIn).filter(
    (one) => account === null || one.id === account || one.handle === account,
  )
  const cards = authors.map((one) => authorCard(state, standIn, one))
  return `<section class="${standIn.platform}"><h2><i></i>${escapeHtml(standIn.title)}</h2>
<div class="row">${cards.join('\n')}</div></section>`
}

function authorsOf(state: SandboxState, standIn: StandIn): Author[] {
  const people = state.accounts.list(standIn.platform)
  const known = new Set(people.map((one) => one.account_id))
  const others = state.posts.authors(standIn.platform).filter((id) => !known.has(id))
  return [
    ...people.map(({ account_id, handle, display_name }) => ({
      id: account_id,
      handle,
      name: display_name,
    })),
    ...others.map((id) => ({ id, handle: id, name: standIn.authorName?.(id) ?? id })),
  ]
}

function authorCard(state: SandboxState, { platform }: StandIn, author: Author): string {
  const posts = state.posts.latest(platform, author.id, LATEST)
  const query = new URLSearchParams({ platform, account: author.handle })
  const list =
    posts.length === 0
      ? '<p class="none">No posts yet</p>'
      : `<ol>${posts.map((post) => postItem(state, post)).join('')}</ol>`
  return `<article class="account"><div class="who">
<div class="face">${escapeHtml(initials(author.name))}</div>
<a href="/?${escapeHtml(query.toString())}"><b>${escapeHtml(author.name)}</b>
<small>@${escapeHtml(author.handle)}</small></a></div>${list}</article>`
}

/** A deleted post stays on the page, struck through: a visitor would no longer see it. */
function postItem(state: SandboxState, post: AcceptedPost): string {
  const gone = post.deleted_at === null ? '' : ` · deleted ${timeOf(post.deleted_at)}`
  const files = post.media.map((sha256) => mediaTag(state.shelf, sha256)).join('')
  const media = files === '' ? '' : `<div class="media">${files}</div>`
  return `<li${post.deleted_at === null ? '' : ' class="gone"'}><span>${linkify(post.text)}</span>${media}
<time datetime="${post.accepted_at}">${timeOf(post.accepted_at)}${gone}</time></li>`
}

/** Milliseconds matter here: the page is used to judge punctuality. */
function timeOf(instant: string): string {
  return `${instant.slice(0, 10)} ${instant.slice(11, 23)} UTC`
}

function initials(name: string): string {
  const words = name.split(/\s+/).filter((word) => word !== '')
  return words
    .slice(0, 2)
    .map((word) => [...word][0]?.toUpperCase() ?? '')
    .join('')
}

/** Odd parts of the split are the links. */
function linkify(text: string): string {
  return text
    .split(/(https?:\/\/[^\s<>"]+)/g)
    .map((part, index) => (index % 2 === 1 ? anchor(part) : escapeHtml(part)))
    .join('')
}

function anchor(url: string): string {
  return `<a href="${escapeHtml(url)}" rel="nofollow noopener">${escapeHtml(url)}</a>`
}
