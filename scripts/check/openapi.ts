import { Readable } from 'node:stream'
import { pino } from 'pino'
import { makeOpenApi } from '../../api/contract/openapi.ts'
import type { Deps } from '../../api/deps.ts'
import { makeMetrics } from '../../api/metrics.ts'
import { operationsOf } from '../../api/routes/index.ts'
import { makeTemporal } from '../../api/temporal.ts'
import { loadConfig } from '../../config/load-config.ts'
import { makeRegistry } from '../../platforms/registry.ts'

const NOWHERE = 'postgresql://nobody@127.0.0.1:9/none'

/** What stops the OpenAPI document from being built as the API serves it, or makes it untrue. */
export async function openApiFaults(): Promise<string[]> {
  const deps = makeDeps()
  try {
    const operations = operationsOf(deps, makeMetrics(deps))
    const document = makeOpenApi(operations, deps.config.http.publicUrl)
    const ids = operations.map(({ id }) => id)
    const twice = ids.filter((id, index) => ids.indexOf(id) !== index)
    return [
      ...twice.map((id) => `two operations are called ${id}`),
      ...danglingRefs(document).map((ref) => `the OpenAPI document refers to ${ref}, not in it`),
    ]
  } catch (error) {
    return [`the OpenAPI document cannot be built: ${String(error)}`]
  } finally {
    await Promise.allSettled([deps.temporal.close(), deps.registry.http.close()])
  }
}

/** Nothing here connects: describing operations must not need a server. */
function makeDeps(): Deps {
  const config = loadConfig({ DATABASE_URL: NOWHERE })
  const never = () => Promise.reject(new Error('describing the API must not need this'))
  return {
    config,
    db: { withTenant: never, asSystem: never, execute: never, ping: never, close: never },
    cipher: {
      scheme: 'local',
      encrypt: never,
      decrypt: never,
      rewrap: never,
      rotate: never,
      keyVersion: never,
      keyVersions: never,
      setMinDecryptionVersion: never,
      close: never,
    },
    registry: makeRegistry({ http: { userAgent: 'Clarion/1', allowedPrivateHosts: [] } }),
    media: {
      store: {
        ...{ receive: never, keep: never, exists: never, remove: never, close: never },
        read: () => Readable.from([]),
      },
      urls: { urlOf: () => NOWHERE, isValid: () => false },
      maxBytes: 0,
      source: () => ({ read: () => Readable.from([]), exists: never, url: () => NOWHERE }),
      close: never,
    },
    temporal: makeTemporal(config.temporal),
    log: pino({ level: 'silent' }),
    now: Date.now,
  }
}

function danglingRefs(document: object): string[] {
  const refs = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)]
  const unique = [...new Set(refs.map(([, ref]) => ref ?? ''))]
  return unique.filter((ref) => resolve(document, ref) === undefined)
}

function resolve(document: object, ref: string): unknown {
  const steps = ref.replace(/^#\//, '').split('/')
  return steps.reduce<unknown>((place, step) => {
    if (typeof place !== 'object' || place === null) return undefined
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~')
    return new Map<string, unknown>(Object.entries(place)).get(key)
  }, document)
}
