import { request } from 'undici'

/** What a PDS's sign-in page does in a browser, up to the redirect back: returns its query. */
export async function consentOnPds(
  page: URL,
  username: string,
  password: string,
): Promise<URLSearchParams> {
  const opened = await request(page, { headers: browser('none', 'navigate', 'document') })
  await opened.body.dump()
  const cookies = cookiesOf(opened.headers['set-cookie'])
  if (opened.statusCode !== 200) throw new Error(`sign-in page: ${opened.statusCode}`)
  const post = makePost(page, cookies)
  const credentials = { locale: 'en', username, password, remember: false }
  const { account, ephemeralToken } = await post('sign-in', credentials)
  const { url } = await post('consent', { did: Object(account).did }, String(ephemeralToken))
  return new URL(String(url)).searchParams
}

type Post = (
  path: string,
  body: object,
  token?: string,
) => Promise<Readonly<Record<string, unknown>>>

/** Calls of the page's script: same origin, with cookies and the token against forgery. */
function makePost(page: URL, cookies: Map<string, string>): Post {
  return async (path, body, token) => {
    const answer = await request(new URL(`/@atproto/oauth-provider/~api/${path}`, page), {
      method: 'POST',
      headers: {
        ...browser('same-origin', 'same-origin', 'empty'),
        origin: page.origin,
        referer: page.href,
        cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        'x-csrf-token': cookies.get('csrf-token') ?? '',
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(body),
    })
    for (const [name, value] of cookiesOf(answer.headers['set-cookie'])) cookies.set(name, value)
    const text = await answer.body.text()
    if (answer.statusCode !== 200) throw new Error(`${path}: ${answer.statusCode} ${text}`)
    return Object(JSON.parse(text))
  }
}

function browser(site: string, mode: string, dest: string): Record<string, string> {
  return {
    'user-agent': 'Mozilla/5.0',
    'accept-language': 'en',
    'sec-fetch-site': site,
    'sec-fetch-mode': mode,
    'sec-fetch-dest': dest,
  }
}

function cookiesOf(headers: string | string[] | undefined): Map<string, string> {
  const pairs = [headers ?? []].flat().map((header) => header.split(';')[0] ?? '')
  return new Map(
    pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  )
}
