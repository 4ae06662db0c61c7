import { isRecord } from '../http/body.ts'
import { call, pick, type Reply } from './http.ts'
import { type Family, get, longToken } from './meta-login.ts'

/** Publishing on the Graph APIs, for the tests of the three families. */
export interface Publisher {
  get(path: string): Promise<Reply>
  post(path: string, form?: Record<string, string>): Promise<Reply>
  delete(path: string): Promise<Reply>
  token: string
  /** A member of an answer that has to be a success. */
  id(reply: Promise<Reply>, name?: string): Promise<string>
}

const SCOPES: Record<Family, string> = {
  facebook:
    'pages_show_list,pages_manage_posts,pages_read_engagement,pages_manage_engagement,instagram_basic,instagram_content_publish,instagram_manage_comments,instagram_manage_contents',
  instagram:
    'instagram_business_basic,instagram_business_content_publish,instagram_business_manage_comments',
  threads: 'threads_basic,threads_content_publish,threads_delete',
}

/** Whoever logs in with every scope; `changes` replace parameters of the dialog. */
export async function publisher(
  url: string,
  family: Family,
  changes: Record<string, string> = {},
): Promise<Publisher> {
  return withToken(url, family, await longToken(url, family, { scope: SCOPES[family], ...changes }))
}

/** A Page of alice by its place in /me/accounts, and the token of it. */
export async function pagePublisher(url: string, changes: Record<string, string> = {}, index = 0) {
  const person = await publisher(url, 'facebook', changes)
  const { body } = await person.get('/me/accounts')
  const id = pick(body, 'data', index, 'id')
  const page = withToken(url, 'facebook', pick(body, 'data', index, 'access_token'))
  return { person, page, id }
}

function withToken(url: string, family: Family, token: string): Publisher {
  const version = family === 'threads' ? 'v1.0' : 'v25.0'
  const base = `${url}/${family}/${version}`
  return {
    token,
    get: (path) => get(url, family, path, token),
    post: (path, form = {}) => call(`${base}${path}`, { method: 'POST', bearer: token, form }),
    delete: (path) => call(`${base}${path}`, { method: 'DELETE', bearer: token }),
    id: async (reply, name = 'id') => pick((await reply).body, name),
  }
}

export async function setFault(
  url: string,
  platform: string,
  step: string,
  fault: string,
  times = 1,
) {
  await call(`${url}/_sandbox/faults`, { json: { platform, step, fault, times } })
}

/** What the platform accepted and still shows. */
export async function truth(url: string, platform: string) {
  const { body } = await call(`${url}/_sandbox/posts?platform=${platform}`)
  const rows = isRecord(body) && Array.isArray(body.data) ? body.data.filter(isRecord) : []
  return rows.filter((row) => row.deleted_at === null)
}
