import type { RequestHandler } from 'express'
import { type Answer, json, Refusal } from '../../http/answer.ts'
import { fields } from '../../http/body.ts'
import type { ApiRequest } from '../../http/request.ts'
import { boardOf, isOpenTo } from './boards.ts'
import { boardNotFound, invalid, notYourBoard, pinNotFound } from './errors.ts'
import { pageOf } from './paging.ts'
import { readSource } from './pin-source.ts'
import { type Board, newId, type Pin, type PinterestStore, type PinterestToken } from './store.ts'
import { authorize } from './tokens.ts'

/** https://developers.pinterest.com/docs/api/v5/pins-create */
const MAX = { title: 100, description: 800, alt_text: 500, link: 2048 }
const WRITE = {
  scopes: ['boards:read', 'boards:write', 'pins:read', 'pins:write'],
  category: 'org_write' as const,
}
const READ = { scopes: ['boards:read', 'pins:read'], category: 'org_read' as const }

type Texts = Pick<Pin, 'title' | 'description' | 'link' | 'alt_text'>

/** POST /v5/pins: public at once. */
export function createPin(store: PinterestStore, req: ApiRequest): Answer {
  const token = authorize(store, req, WRITE)
  if (req.body.kind !== 'json') throw invalid('the body must be JSON.')
  const asked = fields(req.body)
  const board = boardNamed(store, token, asked.board_id)
  const texts = textsOf(asked)
  const section = sectionOf(board, asked.board_section_id)
  const { media, ...source } = readSource(store, req, token.account_id)
  const pin: Pin = {
    id: newId(),
    owner_id: token.account_id,
    board_id: board.id,
    board_section_id: section,
    ...texts,
    dominant_color: typeof asked.dominant_color === 'string' ? asked.dominant_color : null,
    ...source,
    created_at_ms: req.nowMs,
  }
  if (media !== undefined) media.pin_id = pin.id
  store.pins.set(pin.id, pin)
  const row = { account_id: pin.owner_id, platform_post_id: pin.id, media: pin.files }
  const text = pin.description ?? ''
  store.state.posts.accept({ platform: 'pinterest', ...row, text }, req.nowMs)
  return json(201, presentPin(store, pin))
}

/** GET /v5/pins/{pin_id} */
export function showPin(store: PinterestStore, req: ApiRequest): Answer {
  const token = authorize(store, req, READ)
  return json(200, presentPin(store, pinOf(store, req, token)))
}

/** GET /v5/pins: of the account, newest first. */
export function listPins(store: PinterestStore, req: ApiRequest): Answer {
  const token = authorize(store, req, READ)
  return listing(store, req, (pin) => {
    const board = store.boards.get(pin.board_id)
    return pin.owner_id === token.account_id && board !== undefined && isOpenTo(board, token)
  })
}

/** GET /v5/boards/{board_id}/pins: newest first. */
export function listBoardPins(store: PinterestStore, req: ApiRequest): Answer {
  const token = authorize(store, req, READ)
  const board = boardOf(store, req, token)
  if (board === undefined) return boardNotFound()
  return listing(store, req, (pin) => pin.board_id === board.id)
}

/** PATCH /v5/pins/{pin_id}: everything but the media. */
export function changePin(store: PinterestStore, req: ApiRequest): Answer {
  const token = authorize(store, req, WRITE)
  const pin = pinOf(store, req, token)
  const asked = fields(req.body)
  if (asked.media_source !== undefined) throw invalid("'media_source' was unexpected.")
  const board = boardNamed(store, token, asked.board_id ?? pin.board_id)
  const section = 'board_section_id' in asked ? asked.board_section_id : pin.board_section_id
  const texts = textsOf({ ...pin, ...asked })
  Object.assign(pin, texts, { board_id: board.id, board_section_id: sectionOf(board, section) })
  store.state.posts.edit('pinterest', pin.id, pin.description ?? '')
  return json(200, presentPin(store, pin))
}

/** DELETE /v5/pins/{pin_id} */
export function deletePin(store: PinterestStore, req: ApiRequest): Answer {
  const token = authorize(store, req, WRITE)
  const pin = pinOf(store, req, token)
  store.pins.delete(pin.id)
  store.state.posts.delete('pinterest', pin.id, req.nowMs)
  return { status: 204 }
}

/** /pin/{id}/: a visitor lands on the timeline of whoever pinned it. */
export function visitPin({ state, pins }: PinterestStore): RequestHandler {
  return (req, res, next) => {
    const owner = pins.get(String(req.params.id))?.owner_id
    const account = state.accounts.byId('pinterest', owner ?? '')
    if (account === undefined) return next()
    const query = new URLSearchParams({ platform: 'pinterest', account: account.handle })
    res.redirect(`/?${query}`)
  }
}

function listing(store: PinterestStore, req: ApiRequest, isWanted: (pin: Pin) => boolean): Answer {
  const pins = [...store.pins.values()].filter(isWanted).reverse()
  const page = pageOf(pins, req.query)
  return json(200, { ...page, items: page.items.map((pin) => presentPin(store, pin)) })
}

/** A foreign pin is reported as absent. */
function pinOf(store: PinterestStore, req: ApiRequest, token: PinterestToken): Pin {
  const id = req.params.pin_id ?? ''
  assertDigits('pin_id', id)
  const pin = store.pins.get(id)
  if (pin?.owner_id !== token.account_id) throw new Refusal(pinNotFound())
  return pin
}

function boardNamed(store: PinterestStore, token: PinterestToken, asked: unknown): Board {
  if (asked === undefined) throw invalid("'board_id' is a required property.")
  const id = String(asked)
  assertDigits('board_id', id)
  const board = store.boards.get(id)
  if (board === undefined) throw new Refusal(boardNotFound())
  if (board.owner_id !== token.account_id) throw new Refusal(notYourBoard())
  if (!isOpenTo(board, token)) throw new Refusal(boardNotFound())
  return board
}

function sectionOf(board: Board, asked: unknown): string | null {
  if (asked === undefined || asked === null) return null
  if (board.sections.some((one) => one.id === asked)) return String(asked)
  throw invalid('the board has no such section.')
}

function textsOf(asked: Record<string, unknown>): Texts {
  const link = textOf(asked, 'link')
  if (link !== null && (!URL.canParse(link) || !/^https?:/.test(link))) {
    throw invalid(`You have entered an invalid URL: ${link}`)
  }
  const [title, description] = [textOf(asked, 'title'), textOf(asked, 'description')]
  return { title, description, link, alt_text: textOf(asked, 'alt_text') }
}

function textOf(asked: Record<string, unknown>, name: keyof typeof MAX): string | null {
  const value = asked[name]
  if (value === undefined || value === null) return null
  if (typeof value !== 'string') throw invalid(`'${name}' is not of type 'string'.`)
  if ([...value].length <= MAX[name]) return value
  throw invalid(`'${name}' is too long, constraint: maxLength=${MAX[name]}`)
}

function assertDigits(name: string, id: string): void {
  if (!/^\d+$/.test(id)) throw invalid(`'${name}' '${id}' does not match '^\\d+$'.`)
}

function presentPin(store: PinterestStore, pin: Pin): Record<string, unknown> {
  const owner = store.state.accounts.byId('pinterest', pin.owner_id)
  const { media_type, files, created_at_ms, owner_id: _owner, ...shown } = pin
  return {
    ...shown,
    // Instants come without a zone; they are UTC.
    created_at: new Date(created_at_ms).toISOString().slice(0, 19),
    creative_type: media_type === 'video' ? 'VIDEO' : 'REGULAR',
    board_owner: { username: owner?.handle },
    is_owner: true,
    is_standard: true,
    is_removable: true,
    has_been_promoted: false,
    parent_pin_id: null,
    note: null,
    product_tags: [],
    pin_metrics: null,
    media: presentMedia(media_type, files),
  }
}

function presentMedia(media_type: Pin['media_type'], files: string[]): Record<string, unknown> {
  const [cover = ''] = files
  const images = (file: string) => {
    const url = `https://i.pinimg.com/1200x/${file.slice(0, 32)}.jpg`
    return { '1200x': { width: 1200, height: 1800, url } }
  }
  if (media_type !== 'multiple_images') return { media_type, images: images(cover) }
  const items = files.map((file) => ({ item_type: 'image', images: images(file) }))
  return { media_type, items }
}
