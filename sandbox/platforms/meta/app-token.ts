import type { MetaApp, MetaStore } from './store.ts'

/** An app's own token: `{id}|{secret}`, on Threads `TH|{id}|{secret}`. */
export function appTokenOf({ platform }: MetaStore, app: MetaApp): string {
  const token = `${app.client_id}|${app.client_secret}`
  return platform === 'threads' ? `TH|${token}` : token
}

/** The app that an app token is of; undefined for any other token. */
export function appOfToken(store: MetaStore, value: string | undefined): MetaApp | undefined {
  return [...store.apps.values()].find((app) => appTokenOf(store, app) === value)
}
