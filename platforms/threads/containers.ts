import { z } from 'zod'
import { PlatformFailure } from '../../domain/failures.ts'
import type { Media } from '../../domain/media.ts'
import type { Call } from '../call.ts'
import type { Committed, Draft } from '../connector.ts'
import type { MediaSource } from '../media.ts'
import { askAs, createdSchema, isNotFound, type MetaAccount } from '../meta/account.ts'
import type { ContainerRecipe, ContainerReport, ContainerState } from '../meta/containers.ts'
import type { Fields } from '../meta/graph.ts'
import { parseSettings } from '../settings.ts'
import { containerFailure, retriesAfter } from './errors.ts'
import { type ThreadsSettings, threadsSettings } from './limits.ts'

/** Waits while Threads does not know the post that is replied to. */
export type WaitForParent = () => Promise<void>

/** https://developers.facebook.com/docs/threads/posts */
export function threadsRecipe(
  account: MetaAccount,
  draft: Draft,
  call: Call & { media: MediaSource },
  waitForParent: WaitForParent,
): ContainerRecipe {
  const settings = settingsOf(draft)
  const isCarousel = draft.media.length > 1
  const create = async (form: Fields) => {
    // Two steps always: one that publishes at once leaves nothing to look at when its answer is lost.
    const asked = { method: 'POST' as const, path: `/${account.id}/threads`, form }
    return (await askAs(account, asked, createdSchema, call)).id
  }
  return {
    names: account.graph.names,
    children: isCarousel
      ? draft.media.map((file) => () => ({
          is_carousel_item: 'true',
          ...fileFields(file, call.media),
        }))
      : [],
    parent: (children, state) => ({
      ...(isCarousel
        ? { media_type: 'CAROUSEL', children: children.join(',') }
        : bodyFields(draft, settings, call.media)),
      text: draft.text === '' ? undefined : draft.text,
      reply_to_id: parentOf(draft),
      reply_control: settings.reply_control,
      topic_tag: state.dropped.includes('topic_tag') ? undefined : settings.topic_tag,
    }),
    create: (form, state) => createPatiently(create, form, state, waitForParent),
    read: (id) => readContainer(account, id, call),
    failureOf: containerFailure,
    retriesAfter,
  }
}

/** Settings are about the first post of a thread. */
function settingsOf(draft: Draft): ThreadsSettings {
  return draft.role === 'post' ? parseSettings(threadsSettings, draft.settings) : {}
}

/** A first comment is a reply to the post, whatever else follows that. */
export function parentOf({ role, root, parent }: Draft): string | undefined {
  if (role === 'post') return undefined
  return (role === 'comment' ? root : (parent ?? root))?.platformPostId
}

async function createPatiently(
  create: (form: Fields) => Promise<string>,
  form: Fields,
  state: ContainerState,
  waitForParent: WaitForParent,
): Promise<string> {
  for (let asked = form; ; ) {
    try {
      return await create(asked)
    } catch (error) {
      const code = error instanceof PlatformFailure ? error.code : ''
      if (code === 'threads_not_visible') await waitForParent()
      else if (code === 'threads_topic_tag_refused' && asked.topic_tag) {
        state.dropped.push('topic_tag')
        asked = { ...asked, topic_tag: undefined }
      } else throw error
    }
  }
}

const reportSchema = z.object({
  status: z.enum(['IN_PROGRESS', 'FINISHED', 'PUBLISHED', 'ERROR', 'EXPIRED']),
  error_message: z.string().nullish(),
})

/** https://developers.facebook.com/docs/threads/troubleshooting */
export async function readContainer(
  account: MetaAccount,
  id: string,
  call: Call,
): Promise<ContainerReport> {
  try {
    const asked = { path: `/${id}`, query: { fields: 'id,status,error_message' } }
    const { status, error_message } = await askAs(account, asked, reportSchema, call)
    return { status, detail: error_message ?? '' }
  } catch (error) {
    const isHidden = error instanceof PlatformFailure && error.code === 'threads_not_visible'
    if (isHidden || isNotFound(account, error)) return { status: 'MISSING', detail: '' }
    throw error
  }
}

function bodyFields(draft: Draft, settings: ThreadsSettings, source: MediaSource): Fields {
  const [file] = draft.media
  if (file) return fileFields(file, source)
  const poll = settings.poll_attachment
  return {
    media_type: 'TEXT',
    link_attachment: settings.link_attachment,
    poll_attachment: poll ? JSON.stringify(poll) : undefined,
  }
}

function fileFields(file: Media, source: MediaSource): Fields {
  const url = source.url(file)
  const alt = { alt_text: file.altText }
  if (file.kind === 'video') return { media_type: 'VIDEO', video_url: url, ...alt }
  return { media_type: 'IMAGE', image_url: url, ...alt }
}

/** What is said of a post without the topic that was asked for. */
export function tagNotes({ dropped }: ContainerState): Pick<Committed, 'warnings'> {
  if (!dropped.includes('topic_tag')) return {}
  const message = 'Threads does not let this account use topic tags: it was published without.'
  return { warnings: [{ code: 'threads_topic_tag_dropped', message }] }
}
