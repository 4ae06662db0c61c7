import { z } from 'zod'
import type { FieldError } from '../../domain/errors.ts'
import type { Platform } from '../../domain/platforms.ts'
import type { Connector } from '../../platforms/registry.ts'
import type { Requester } from '../contract/operation.ts'

const name = z.string().trim().min(1).max(200)

/** What is set for an account and not for a post: the place that its posts go to by themselves. */
const ACCOUNT_SETTINGS: Partial<Record<Platform, z.ZodObject>> = {
  pinterest: z.strictObject({ default_board_id: name.nullable().optional() }),
  reddit: z.strictObject({ default_subreddit: name.nullable().optional() }),
}
const NONE = z.strictObject({})

/** The names of target settings, as the connector describes them. */
const described = z.object({ properties: z.record(z.string(), z.unknown()).default({}) })

/**
 * Settings of a connection are its account's own and defaults for its targets' settings. Throws
 * `validation_failed` with every name that is neither and every value that the platform refuses.
 */
export function checkConnectionSettings(
  requester: Requester<'validation_failed'>,
  platform: Platform,
  settings: Readonly<Record<string, unknown>>,
): void {
  const connector = requester.deps.registry.connector(platform)
  const ofTarget = new Set(targetNames(connector))
  const entries = Object.entries(settings)
  const forTargets = Object.fromEntries(entries.filter(([key]) => ofTarget.has(key)))
  const forAccount = Object.fromEntries(entries.filter(([key]) => !ofTarget.has(key)))
  const errors = [
    ...accountErrors(platform, forAccount, [...ofTarget]),
    ...targetErrors(connector, forTargets),
  ]
  if (errors.length === 0) return
  const detail = errors.map(({ message }) => message).join(' ')
  throw requester.fail('validation_failed', { detail, errors })
}

function targetNames({ settingsSchema }: Connector): string[] {
  return Object.keys(described.parse(settingsSchema).properties)
}

function accountErrors(
  platform: Platform,
  settings: Readonly<Record<string, unknown>>,
  ofTarget: readonly string[],
): FieldError[] {
  const schema = ACCOUNT_SETTINGS[platform] ?? NONE
  const known = [...Object.keys(schema.shape), ...ofTarget]
  const takes = known.length === 0 ? 'takes no settings' : `takes: ${known.join(', ')}`
  const issues = schema.safeParse(settings).error?.issues ?? []
  return issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') {
      const path = ['settings', ...issue.path].join('.')
      return [{ path, code: 'invalid_setting', message: issue.message }]
    }
    const message = `A connection of ${platform} ${takes}.`
    return issue.keys.map((key) => ({ path: `settings.${key}`, code: 'unknown_setting', message }))
  })
}

/** Only what is wrong with a value that was given: a post may still bring what is missing. */
function targetErrors(
  connector: Connector,
  settings: Readonly<Record<string, unknown>>,
): FieldError[] {
  const content = { text: 'x', settings, media: [], attached: {}, thread: [] }
  const findings = connector.validate(content)
  return findings.filter(({ path }) => {
    const [place, key = ''] = path.split(/[.[]/)
    return place === 'settings' && Object.hasOwn(settings, key)
  })
}
