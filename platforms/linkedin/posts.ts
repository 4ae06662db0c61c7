import { transient } from '../../domain/failures.ts'
import type { Access, PlatformHosts } from '../call.ts'
import type { Committed, Draft, Prepared } from '../connector.ts'
import { parseSettings } from '../settings.ts'
import { toLittleText } from './little-text.ts'
import { type Asset, filesOf, readAssets } from './media-state.ts'
import { type LinkedinSettings, linkedinSettings } from './settings.ts'

/** https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/posts-api */
export function postOf(
  draft: Draft,
  access: Access,
  prepared: Prepared | undefined,
): Record<string, unknown> {
  const settings = parseSettings(linkedinSettings, draft.settings)
  const content = contentOf(draft, settings, readyAssets(draft, prepared))
  return {
    author: access.accountId,
    commentary: toLittleText(draft.text),
    visibility: settings.visibility ?? 'PUBLIC',
    distribution: {
      feedDistribution: 'MAIN_FEED',
      targetEntities: [],
      thirdPartyDistributionChannels: [],
    },
    lifecycleState: 'PUBLISHED',
    isReshareDisabledByAuthor: settings.is_reshare_disabled_by_author ?? false,
    ...(content === undefined ? {} : { content }),
  }
}

export function linkedinPost(hosts: PlatformHosts, urn: string): Committed {
  const web = hosts.webBaseUrl ?? 'https://www.linkedin.com'
  return { platformPostId: urn, permalink: `${web}/feed/update/${urn}` }
}

function readyAssets(draft: Draft, prepared: Prepared | undefined): readonly Asset[] {
  const assets = readAssets(prepared)
  const isReady = filesOf(draft).every((_file, index) => assets[index]?.ready)
  if (isReady) return assets
  const message = 'The files of this post are not at LinkedIn yet; they are uploaded anew.'
  throw transient({ code: 'linkedin_not_prepared', message, startOver: true })
}

function contentOf(draft: Draft, settings: LinkedinSettings, assets: readonly Asset[]) {
  const { media } = draft
  if (settings.poll) {
    const { question, options, duration } = settings.poll
    const texts = options.map((text) => ({ text }))
    return { poll: { question, options: texts, settings: { duration } } }
  }
  if (settings.link) return { article: articleOf(settings.link, assets.at(media.length)) }
  if (media.length > 1) {
    const images = media.map((file, index) => ({ id: assets[index]?.urn, ...altOf(file.altText) }))
    return { multiImage: { images } }
  }
  const [file] = media
  if (file === undefined) return undefined
  const id = assets[0]?.urn
  if (file.kind === 'document') return { media: { id, title: settings.title } }
  return { media: { id, ...(file.kind === 'video' ? {} : altOf(file.altText)) } }
}

function articleOf(link: NonNullable<LinkedinSettings['link']>, picture: Asset | undefined) {
  const { url, title, description } = link
  return {
    source: url,
    title,
    ...(description === undefined ? {} : { description }),
    ...(picture === undefined ? {} : { thumbnail: picture.urn }),
  }
}

function altOf(altText: string | undefined): { altText?: string } {
  return altText === undefined ? {} : { altText }
}
