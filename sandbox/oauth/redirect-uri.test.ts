import { describe, expect, test } from '@jest/globals'
import { allowsRedirect, sendBack } from './redirect-uri.ts'

describe('redirect addresses', () => {
  test('the built-in apps allow this machine by any name and port, and nothing else', () => {
    for (const address of ['http://127.0.0.1/cb', 'http://localhost:3000', 'http://[::1]:1/?a=b']) {
      expect(allowsRedirect(null, address)).toBe(true)
    }
    for (const address of [
      'https://127.0.0.1/cb',
      'http://127.0.0.1.example.com/cb',
      'http://localhost/cb#fragment',
      'no address',
      '',
    ]) {
      expect(allowsRedirect(null, address)).toBe(false)
    }
  })

  test('a registered app allows its own addresses to the letter', () => {
    const registered = ['https://app.example.com/cb']
    expect(allowsRedirect(registered, 'https://app.example.com/cb')).toBe(true)
    for (const address of ['https://app.example.com/cb/', 'http://127.0.0.1/cb']) {
      expect(allowsRedirect(registered, address)).toBe(false)
    }
  })

  test('an answer keeps the query of the address and leaves out what is null', () => {
    const answer = sendBack('http://localhost/cb?own=1', { code: 'a b', state: null }, '#_')
    expect(answer).toEqual({
      status: 302,
      headers: { location: 'http://localhost/cb?own=1&code=a+b#_' },
    })
  })
})
