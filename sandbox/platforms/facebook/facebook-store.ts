import { z } from 'zod'
import type { SandboxState } from '../../core/state.ts'
import { type MetaStore, openMetaStore } from '../meta/store.ts'
import { openPageStore, type PageStore } from './page-store.ts'
import { openWorld, type World } from './world.ts'

/** All rows of the stand-in. */
export interface Facebook {
  store: MetaStore
  world: World
  /** Posts, photos and videos of Pages. */
  pages: PageStore
  /** Page token by `{page_id} {user token}`: asked again, Graph gives the same one. */
  pageTokens: Map<string, string>
}

export function openFacebook(state: SandboxState): Facebook {
  return {
    store: openMetaStore(state, 'facebook'),
    world: openWorld(state),
    pages: openPageStore(state),
    pageTokens: state.tables.open('facebook.page_tokens', z.string()),
  }
}
