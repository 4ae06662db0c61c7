import type { Account } from '../../core/accounts.ts'
import { type Answer, json } from '../../http/answer.ts'
import { fields } from '../../http/body.ts'
import type { ApiRequest } from '../../http/request.ts'
import { boardNotFound, invalid, missingScope } from './errors.ts'
import { pageOf } from './paging.ts'
import { type Board, newId, type PinterestStore, type PinterestToken } from './store.ts'
import { authorize } from './tokens.ts'

const PRIVACY_FILTERS: Record<string, readonly string[]> = {
  ALL: ['PUBLIC', 'PROTECTED', 'SECRET'],
  PUBLIC: ['PUBLIC'],
  PROTECTED: ['PROTECTED'],
  SECRET: ['SECRET'],
  PUBLIC_AND_SECRET: ['PUBLIC', 'SECRET'],
}
/** Two pages at the default size. */
const COLLECTOR_HANDLE = 'carol'
const COLLECTOR_BOARDS = 30
const MAX_NAME_LENGTH = 180

/** The boards a new account starts with. */
export function openBoards(store: PinterestStore, account: Account): void {
  const nowMs = Date.parse(account.created_at)
  const add = (name: string, privacy: Board['privacy'], sections: string[] = []): void => {
    addBoard(store, { owner_id: account.account_id, name, privacy, sections, nowMs })
  }
  add('Recipes', 'PUBLIC', ['Breakfast', 'Dinner'])
  add('Travel', 'PUBLIC')
  add('Team drafts', 'PROTECTED')
  add('Surprise party', 'SECRET')
  if (account.handle !== COLLECTOR_HANDLE) return
  for (let count = 1; count <= COLLECTOR_BOARDS; count++) add(`Collection ${count}`, 'PUBLIC')
}

/** GET /v5/boards https://developers.pinterest.com/docs/api/v5/boards-list */
export function listBoards(store: PinterestStore, req: ApiRequest): Answer {
  const token = authorize(store, req, { scopes: ['boards:read'], category: 'org_read' })
  const privacy = PRIVACY_FILTERS[req.query.get('privacy') ?? 'ALL']
  if (privacy === undefined) {
    throw invalid(`'privacy' is not one of ${JSON.stringify(Object.keys(PRIVACY_FILTERS))}.`)
  }
  const boards = [...store.boards.values()].filter(
    (board) => isOpenTo(board, token) && privacy.includes(board.privacy),
  )
  const page = pageOf(boards, req.query)
  return json(200, { ...page, items: page.items.map((board) => presentBoard(store, board)) })
}

/** GET /v5/boards/{board_id} */
export function showBoard(store: PinterestStore, req: ApiRequest): Answer {
  const token = authorize(store, req, { scopes: ['boards:read'], category: 'org_read' })
  const board = boardOf(store, req, token)
  return board === undefined ? boardNotFound() : json(200, presentBoard(store, board))
}

/** GET /v5/boards/{board_id}/sections */
export function listSections(store: PinterestStore, req: ApiRequest): Answer {
  const token = authorize(store, req, { scopes: ['boards:read'], category: 'org_read' })
  const board = boardOf(store, req, token)
  return board === undefined ? boardNotFound() : json(200, pageOf(board.sections, req.query))
}

/** POST /v5/boards */
export function createBoard(store: PinterestStore, req: ApiRequest): Answer {
  const need = ['boards:read', 'boards:write']
  const token = authorize(store, req, { scopes: need, category: 'org_write' })
  if (req.body.kind !== 'json') throw invalid('the body must be JSON.')
  const { name, description = '', privacy = 'PUBLIC' } = fields(req.body)
  if (typeof name !== 'string' || name.trim() === '' || name.length > MAX_NAME_LENGTH) {
    throw invalid(`'name' must have 1 to ${MAX_NAME_LENGTH} characters.`)
  }
  if (privacy !== 'PUBLIC' && privacy !== 'PROTECTED' && privacy !== 'SECRET') {
    throw invalid("'privacy' is not one of ['PUBLIC', 'PROTECTED', 'SECRET'].")
  }
  if (privacy === 'SECRET' && !token.scopes.includes('boards:write_secret')) return missingScope()
  const owner_id = token.account_id
  const draft = { owner_id, name, description: String(description), sections: [] }
  const board = addBoard(store, { ...draft, privacy, nowMs: req.nowMs })
  return json(201, presentBoard(store, board))
}

/** Without the secret scope a secret board is as good as absent. */
export function isOpenTo(board: Board, token: PinterestToken): boolean {
  if (board.owner_id !== token.account_id) return false
  return board.privacy !== 'SECRET' || token.scopes.includes('boards:read_secret')
}

/** The board of the path; undefined where the caller sees none. */
export function boardOf(
  store: PinterestStore,
  req: ApiRequest,
  token: PinterestToken,
): Board | undefined {
  const id = req.params.board_id ?? ''
  if (!/^\d+$/.test(id)) throw invalid(`'board_id' '${id}' does not match '^\\d+$'.`)
  const board = store.boards.get(id)
  return board !== undefined && isOpenTo(board, token) ? board : undefined
}

function addBoard(
  store: PinterestStore,
  draft: Pick<Board, 'owner_id' | 'name' | 'privacy'> & {
    description?: string
    sections: string[]
    nowMs: number
  },
): Board {
  const { nowMs, sections, description = '', ...rest } = draft
  const board = {
    ...rest,
    id: newId(),
    description,
    sections: sections.map((name) => ({ id: newId(), name })),
    created_at_ms: nowMs,
  }
  store.boards.set(board.id, board)
  return board
}

function presentBoard(store: PinterestStore, board: Board): Record<string, unknown> {
  const owner = store.state.accounts.byId('pinterest', board.owner_id)
  // Instants come without a zone; they are UTC.
  const created_at = new Date(board.created_at_ms).toISOString().slice(0, 19)
  return {
    id: board.id,
    created_at,
    board_pins_modified_at: created_at,
    name: board.name,
    description: board.description,
    privacy: board.privacy,
    owner: { username: owner?.handle },
    collaborator_count: 0,
    follower_count: 0,
    pin_count: [...store.pins.values()].filter((one) => one.board_id === board.id).length,
    is_ads_only: false,
    media: { image_cover_url: null, pin_thumbnail_urls: [] },
  }
}
