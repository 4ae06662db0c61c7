import { z } from 'zod'
import type { Media, MediaFacts } from '../domain/media.ts'
import type { PartRole } from '../domain/parts.ts'
import type { Connector, Content, Finding } from './connector.ts'

/** A file by reference, as clients name it. */
export interface MediaRef {
  media_id: string
  alt_text?: string
}

/** What one target says, before its references are looked up. */
export interface ContentInput {
  text: string
  /** The account's defaults, overlaid by the target's own. */
  settings: Readonly<Record<string, unknown>>
  media: readonly MediaRef[]
}

const mediaRef = z.strictObject({
  media_id: z.uuid(),
  alt_text: z.string().max(2000).optional(),
})

/** Settings that are Clarion's own and mean the same on every platform. */
export const ownSettings = z.object({
  thread: z
    .array(
      z.strictObject({
        content: z.string().max(100_000).default(''),
        media: z.array(mediaRef).max(20).default([]),
      }),
    )
    .max(50)
    .optional(),
  first_comment: z.string().min(1).max(100_000).optional(),
})

/** By convention a setting with this end names a file: `thumbnail_media_id`. */
const MEDIA_SETTING = /_media_id$/

/** A file that content names, and where; `alt_text` is kept with the use, not with the file. */
export interface MediaUse extends MediaRef {
  /** `media`, `thread.0`, `settings.thumbnail_media_id`. */
  place: string
}

/** Every file that the settings of a target name; malformed settings name none. */
export function mediaOfSettings(settings: Readonly<Record<string, unknown>>): MediaUse[] {
  const own = ownSettings.safeParse(settings)
  const threads = own.success ? (own.data.thread ?? []) : []
  const uses = threads.flatMap(({ media }, index) =>
    media.map((ref): MediaUse => ({ ...ref, place: `thread.${index}` })),
  )
  for (const [name, value] of Object.entries(settings)) {
    const isFile = MEDIA_SETTING.test(name) && z.uuid().safeParse(value).success
    if (isFile) uses.push({ media_id: String(value), place: `settings.${name}` })
  }
  return uses
}

/** The content with its files; findings name what is malformed or missing. */
export function readContent(
  input: ContentInput,
  files: ReadonlyMap<string, MediaFacts>,
): { content: Content; findings: Finding[] } {
  const findings: Finding[] = []
  const { thread: _thread, first_comment: _comment, ...settings } = input.settings
  const own = ownSettings.safeParse(input.settings)
  if (!own.success) findings.push(...own.error.issues.map(malformed))
  const { thread = [], first_comment: firstComment } = own.success ? own.data : {}
  const take = (refs: readonly MediaRef[], path: string) => {
    const found = resolve(refs, files, path)
    findings.push(...found.findings)
    return found.media
  }
  const content: Content = {
    text: input.text,
    settings,
    media: take(input.media, 'media'),
    attached: {},
    thread: thread.map((part, index) => ({
      text: part.content,
      media: take(part.media, `settings.thread.${index}.media`),
    })),
    ...(firstComment === undefined ? {} : { firstComment }),
  }
  const attached: Record<string, Media> = {}
  for (const { media_id, place } of mediaOfSettings(settings)) {
    const [file] = take([{ media_id }], place)
    if (file) attached[place.replace('settings.', '')] = file
  }
  return { content: { ...content, attached }, findings }
}

function resolve(refs: readonly MediaRef[], files: ReadonlyMap<string, MediaFacts>, path: string) {
  const media: Media[] = []
  const findings: Finding[] = []
  refs.forEach(({ media_id, alt_text }, index) => {
    const facts = files.get(media_id)
    const where = path === 'media' || path.endsWith('.media') ? `${path}.${index}` : path
    if (facts) media.push({ ...facts, ...(alt_text ? { altText: alt_text } : {}) })
    else findings.push({ code: 'unknown_media', path: where, message: 'There is no such file.' })
  })
  return { media, findings }
}

function malformed(issue: z.core.$ZodIssue): Finding {
  const name = issue.path.join('.')
  const message = `“${name}” is not valid: ${issue.message}.`
  return { code: 'invalid_setting', path: `settings.${name}`, message }
}

/** One part of a target, in the order in which they are published. */
export interface Part extends Omit<Content, 'thread' | 'firstComment'> {
  role: PartRole
  extra?: string
}

/** The post, its additions, the rest of its thread, its first comment. */
export function partsOf(connector: Pick<Connector, 'extras'>, content: Content): Part[] {
  const { text, settings, media, attached, thread, firstComment } = content
  const post: Part = { role: 'post', text, settings, media, attached }
  const extras = (connector.extras?.(content) ?? []).map(
    (extra): Part => ({ ...post, role: 'extra', extra }),
  )
  const replies = thread.map(
    (part): Part => ({ role: 'reply', text: part.text, settings, media: part.media, attached: {} }),
  )
  const comment: Part[] =
    firstComment === undefined
      ? []
      : [{ role: 'comment', text: firstComment, settings, media: [], attached: {} }]
  return [post, ...extras, ...replies, ...comment]
}

/** Settings of an account that stand in for a target's where it names none. */
const ACCOUNT_DEFAULTS: Readonly<Record<string, string>> = {
  default_board_id: 'board_id',
  default_subreddit: 'subreddit',
}

/** A target's settings over the defaults of its account. */
export function withDefaults(
  account: Readonly<Record<string, unknown>>,
  target: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const defaults = Object.entries(account)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => [ACCOUNT_DEFAULTS[name] ?? name, value])
  return { ...Object.fromEntries(defaults), ...target }
}
