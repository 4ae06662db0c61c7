import { describe, expect, test } from '@jest/globals'
import { composeFaults } from '../../scripts/check/compose.ts'
import { imageFaults } from '../../scripts/check/image.ts'
import { readProjectFile } from '../../scripts/check/project-files.ts'
import { loadSources } from '../../scripts/check/sources.ts'

const text = readProjectFile('docker-compose.yml')

/** The file with one thing made wrong; throws when there was nothing to change. */
function broken(from: string, to: string): string {
  if (!text.includes(from)) throw new Error(`docker-compose.yml has no ${from}`)
  return text.replaceAll(from, to)
}

describe('docker-compose.yml', () => {
  test('keeps the Compose Specification and our rules', () => {
    expect(composeFaults(text)).toEqual([])
  })

  test.each([
    ['a member that the specification does not know', 'stop_grace_period:', 'stop_grace:', 'must'],
    ['a variable that config/ does not know', 'LOG_LEVEL:', 'LOG_LEVELS:', 'LOG_LEVELS'],
    ['a mounted file that is not there', 'vault/vault.hcl:', 'vault/none.hcl:', 'not there'],
    ['a program that is not there', 'worker/main.ts', 'worker/none.ts', 'not there'],
    ['a service that nobody defines', 'postgres: { cond', 'mysql: { cond', 'service mysql'],
    ['a port open to the network', '127.0.0.1:$', '0.0.0.0:$', 'loopback'],
    ['a secret that is not mounted', 'secrets/owner_database_url\n', 'secrets/no\n', 'not mounted'],
    ['a secret that has a default', '{X_CLIENT_ID:-}', '{X_CLIENT_SECRET:-x}', 'no default'],
    ['a volume that nobody defines', 'approle-api:/', 'approles:/', 'volume approles'],
  ])('is refused with %s', (_, from, to, words) => {
    expect(composeFaults(broken(from, to)).join('\n')).toContain(words)
  })
})

describe('Dockerfile', () => {
  const sources = loadSources()
  const dockerfile = readProjectFile('Dockerfile')

  test('copies every file and installs every package that the programs load', () => {
    expect(imageFaults(sources, dockerfile)).toEqual([])
  })

  test('a folder that is left out is missed', () => {
    const faults = imageFaults(sources, dockerfile.replace('COPY vault vault\n', ''))
    expect(faults).toContain('Dockerfile does not copy vault/open-cipher.ts, which the image needs')
  })
})
