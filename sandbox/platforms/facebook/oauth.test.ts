import { createHmac } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { call, makeClock, pick, withSandbox } from '../../testing/http.ts'
import {
  accountRow,
  consent,
  dialogUrl,
  errorOf,
  exchange,
  extend,
  get,
  longToken,
  redirectUri,
  shortToken,
  steer,
} from '../../testing/meta-login.ts'

const APP_TOKEN = 'sandbox-facebook-client|sbx_secret_facebook_client_secret'
const DAY_MS = 86_400_000

describe('Facebook login dialog', () => {
  test('shows Pages and permissions, and its form sends the decision', () =>
    withSandbox({}, async ({ url }) => {
      const query = new URL(dialogUrl(url, 'facebook')).searchParams
      query.delete('sandbox_decision')
      query.delete('sandbox_account')
      const page = await call(`${url}/facebook/v25.0/dialog/oauth?${query}`)
      expect(page.status).toBe(200)
      expect(page.body).toContain('Alice Bakery')
      expect(page.body).toContain('value="pages_show_list"')
      const form = { ...Object.fromEntries(query), sandbox_account: 'bob' }
      const sent = await call(`${url}/facebook/_consent`, {
        form: { ...form, sandbox_decision: 'allow' },
      })
      expect(sent.headers.get('location')).toMatch(/\?code=sbx_secret_.*&state=state-1#_=_$/)
    }))

  test('deny sends user_denied with the state', () =>
    withSandbox({}, async ({ url }) => {
      const { headers } = await call(dialogUrl(url, 'facebook', { sandbox_decision: 'deny' }))
      const { searchParams } = new URL(headers.get('location') ?? '')
      expect(Object.fromEntries(searchParams)).toEqual({
        error: 'access_denied',
        error_code: '200',
        error_description: 'Permissions error',
        error_reason: 'user_denied',
        state: 'state-1',
      })
    }))

  test.each([
    ['client_id', 'nobody'],
    ['redirect_uri', 'https://elsewhere.example/callback'],
    ['redirect_uri', 'http://127.0.0.1:3000/a#b'],
    ['response_type', 'token'],
    ['scope', 'pages_show_list pages_manage_posts'],
    ['scope', 'pages_show_list,pages_everything'],
    ['sandbox_pages', '1'],
  ])('a wrong %s (%s) gets a page and no redirect', (name, value) =>
    withSandbox({}, async ({ url }) => {
      const { status, headers } = await call(dialogUrl(url, 'facebook', { [name]: value }))
      expect([status, headers.get('location')]).toEqual([400, null])
    }),
  )

  test('an app with registered addresses accepts those exactly', () =>
    withSandbox({}, async ({ url }) => {
      const json = { platform: 'facebook', redirect_uris: [redirectUri('facebook')] }
      const { body } = await call(`${url}/_sandbox/apps`, { json })
      const client_id = pick(body, 'client_id')
      expect((await call(dialogUrl(url, 'facebook', { client_id }))).status).toBe(302)
      const redirect_uri = `${redirectUri('facebook')}/`
      const other = await call(dialogUrl(url, 'facebook', { client_id, redirect_uri }))
      expect(other.status).toBe(400)
    }))

  test('an unticked scope is declined until the dialog asks again', () =>
    withSandbox({}, async ({ url }) => {
      const token = await shortToken(url, 'facebook', {
        scope: 'pages_show_list,pages_manage_posts',
        sandbox_scopes: 'pages_show_list',
      })
      const permissions = async () => (await get(url, 'facebook', '/me/permissions', token)).body
      const declined = {
        data: [
          { permission: 'public_profile', status: 'granted' },
          { permission: 'pages_show_list', status: 'granted' },
          { permission: 'pages_manage_posts', status: 'declined' },
        ],
      }
      expect(await permissions()).toEqual(declined)
      await consent(url, 'facebook', { scope: 'pages_manage_posts' })
      expect(await permissions()).toEqual(declined)
      await consent(url, 'facebook', { scope: 'pages_manage_posts', auth_type: 'rerequest' })
      expect(await permissions()).toMatchObject({
        data: { 2: { permission: 'pages_manage_posts', status: 'granted' } },
      })
    }))
})

describe('Facebook token', () => {
  test('a code gives a short-lived token, by GET and by POST', () =>
    withSandbox({}, async ({ url }) => {
      const { status, body } = await exchange(url, 'facebook', await consent(url, 'facebook'))
      expect(status).toBe(200)
      expect(body).toEqual({
        access_token: expect.stringMatching(/^sbx_secret_facebook_/),
        token_type: 'bearer',
        expires_in: 5400,
      })
      const query = new URLSearchParams({
        client_id: 'sandbox-facebook-client',
        client_secret: 'sbx_secret_facebook_client_secret',
        redirect_uri: redirectUri('facebook'),
        code: await consent(url, 'facebook'),
      })
      const byGet = await call(`${url}/facebook/oauth/access_token?${query}`)
      const me = await get(url, 'facebook', '/me', pick(byGet.body, 'access_token'))
      expect(me.body).toEqual({ name: 'Alice Adler', id: '10227000000000001' })
      const secrets = await call(`${url}/_sandbox/secrets`)
      expect(JSON.stringify(secrets.body)).toContain(pick(byGet.body, 'access_token'))
    }))

  test.each([
    ['client_id', 'nobody', '101'],
    ['client_secret', 'guess', '1'],
    ['redirect_uri', 'http://127.0.0.1:3000/other', '100/36008'],
    ['code', 'made-up', '100'],
    ['redirect_uri', '', '191'],
  ])('a wrong %s (%s) is refused with %s', (name, value, code) =>
    withSandbox({}, async ({ url }) => {
      const granted = await consent(url, 'facebook')
      const refused = await exchange(url, 'facebook', granted, { [name]: value })
      expect([refused.status, errorOf(refused)]).toEqual([400, code])
      expect((await exchange(url, 'facebook', granted)).status).toBe(200)
    }),
  )

  test('a code works once, and for ten minutes', () => {
    const clock = makeClock()
    return withSandbox({ now: clock.now }, async ({ url }) => {
      const code = await consent(url, 'facebook')
      expect((await exchange(url, 'facebook', code)).status).toBe(200)
      expect(errorOf(await exchange(url, 'facebook', code))).toBe('100/36009')
      const late = await consent(url, 'facebook')
      clock.advance(600_000)
      expect(errorOf(await exchange(url, 'facebook', late))).toBe('100/36007')
    })
  })

  test('long-lived tokens last 60 days, older ones keep working, ended ones give nothing', () => {
    const clock = makeClock()
    return withSandbox({ now: clock.now }, async ({ url }) => {
      const short = await shortToken(url, 'facebook')
      const { body } = await extend(url, 'facebook', short)
      expect(body).toMatchObject({ token_type: 'bearer', expires_in: 5_183_944 })
      const long = pick(body, 'access_token')
      expect((await get(url, 'facebook', '/me', short)).status).toBe(200)
      clock.advance(5_400_000)
      const dead = await extend(url, 'facebook', short)
      expect([dead.status, errorOf(dead)]).toEqual([400, '190/463'])
      expect(pick(dead.body, 'error', 'message')).toBe(
        'Error validating access token: Session has expired on Tuesday, 01-Dec-26 02:30:00 PST. The current time is Tuesday, 01-Dec-26 02:30:00 PST.',
      )
      clock.advance(30 * DAY_MS)
      const second = pick((await extend(url, 'facebook', long)).body, 'access_token')
      expect((await get(url, 'facebook', '/me', long)).status).toBe(200)
      clock.advance(30 * DAY_MS)
      expect(errorOf(await get(url, 'facebook', '/me', long))).toBe('190/463')
      expect((await get(url, 'facebook', '/me', second)).status).toBe(200)
    })
  })

  test('app credentials give an app token, which is no person', () =>
    withSandbox({}, async ({ url }) => {
      const { body } = await extend(url, 'facebook', '', { grant_type: 'client_credentials' })
      expect(body).toEqual({ access_token: APP_TOKEN, token_type: 'bearer' })
      expect(errorOf(await get(url, 'facebook', '/me', APP_TOKEN))).toBe('2500')
      const app = await get(url, 'facebook', '/app', APP_TOKEN)
      expect(app.body).toEqual({ name: 'Sandbox app', id: 'sandbox-facebook-client' })
    }))

  test('appsecret_proof is checked when it is sent', () =>
    withSandbox({}, async ({ url }) => {
      const token = await shortToken(url, 'facebook')
      const secret = 'sbx_secret_facebook_client_secret'
      const proof = createHmac('sha256', secret).update(token).digest('hex')
      const right = await get(url, 'facebook', `/me?appsecret_proof=${proof}`, token)
      expect(right.status).toBe(200)
      const wrong = await get(url, 'facebook', `/me?appsecret_proof=${proof}0`, token)
      expect(pick(wrong.body, 'error', 'type')).toBe('GraphMethodException')
    }))
})

describe('Facebook debug_token', () => {
  test('tells type, life and scopes, with the Pages that were picked', () =>
    withSandbox({ now: makeClock().now }, async ({ url }) => {
      const [pageId = ''] = (await accountRow(url, 'facebook', 'alice'))
        .credential('page_ids')
        .split(',')
      const token = await longToken(url, 'facebook', {
        scope: 'pages_show_list,email',
        sandbox_pages: pageId,
      })
      const path = `/debug_token?input_token=${token}`
      const { body } = await get(url, 'facebook', path, APP_TOKEN)
      const issued = Math.floor(Date.parse('2026-12-01T09:00:00Z') / 1000)
      expect(body).toEqual({
        data: {
          app_id: 'sandbox-facebook-client',
          type: 'USER',
          application: 'Sandbox app',
          data_access_expires_at: issued + 90 * 86_400,
          expires_at: issued + 5_183_944,
          is_valid: true,
          issued_at: issued,
          scopes: ['public_profile', 'pages_show_list', 'email'],
          granular_scopes: [{ scope: 'pages_show_list', target_ids: [pageId] }],
          user_id: '10227000000000001',
        },
      })
      expect(errorOf(await get(url, 'facebook', path, token))).toBe('100')
      const unknown = await get(url, 'facebook', '/debug_token?input_token=x', APP_TOKEN)
      expect(unknown.body).toMatchObject({ data: { is_valid: false, error: { code: 190 } } })
    }))

  test('tells why a token is dead', () =>
    withSandbox({}, async ({ url }) => {
      const token = await longToken(url, 'facebook')
      await steer(url, 'revoke', 'facebook')
      const { body } = await get(url, 'facebook', `/debug_token?input_token=${token}`, APP_TOKEN)
      expect(body).toMatchObject({
        data: { is_valid: false, scopes: [], error: { code: 190, subcode: 458 } },
      })
    }))
})
