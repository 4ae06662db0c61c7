import type { Answer } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { URL_LENGTH } from './format.ts'
import type { MastodonStore } from './store.ts'

const VERSION = '4.5.0'

/** Defaults of a Mastodon server: https://docs.joinmastodon.org/entities/Instance/#configuration */
export const LIMITS = {
  statuses: {
    max_characters: 500,
    max_media_attachments: 4,
    characters_reserved_per_url: URL_LENGTH,
  },
  polls: {
    max_options: 4,
    max_characters_per_option: 50,
    min_expiration: 300,
    max_expiration: 2_629_746,
  },
}

export const MEDIA = {
  description_limit: 1500,
  supported_mime_types: [
    'image/jpeg',
    'image/png',
    'image/gif',
    'image/heic',
    'image/heif',
    'image/webp',
    'image/avif',
    'video/webm',
    'video/mp4',
    'video/quicktime',
  ],
  image_size_limit: 16_777_216,
  image_matrix_limit: 33_177_600,
  video_size_limit: 103_809_024,
  video_frame_rate_limit: 120,
  video_matrix_limit: 8_294_400,
}

/** GET /api/v2/instance */
export function showInstance(store: MastodonStore, req: ApiRequest): Answer {
  const { host } = new URL(req.origin)
  return {
    status: 200,
    body: {
      domain: host,
      title: 'Mastodon (sandbox)',
      version: VERSION,
      source_url: 'https://github.com/mastodon/mastodon',
      description: '',
      usage: { users: { active_month: store.state.accounts.list('mastodon').length } },
      thumbnail: { url: '' },
      languages: ['en'],
      configuration: {
        urls: { streaming: `ws://${host}` },
        accounts: { max_featured_tags: 10, max_pinned_statuses: 5 },
        statuses: LIMITS.statuses,
        media_attachments: MEDIA,
        polls: LIMITS.polls,
        translation: { enabled: false },
      },
      registrations: { enabled: false, approval_required: false, message: null },
      api_versions: { mastodon: 7 },
      contact: { email: '', account: null },
      rules: [],
    },
  }
}

/** GET /api/v1/instance, for clients of older servers. */
export function showInstanceV1(store: MastodonStore, req: ApiRequest): Answer {
  const { host } = new URL(req.origin)
  return {
    status: 200,
    body: {
      uri: host,
      title: 'Mastodon (sandbox)',
      short_description: '',
      description: '',
      email: '',
      version: VERSION,
      urls: { streaming_api: `ws://${host}` },
      stats: {
        user_count: store.state.accounts.list('mastodon').length,
        status_count: store.statuses.size,
      },
      languages: ['en'],
      registrations: false,
      approval_required: false,
      invites_enabled: false,
      configuration: { statuses: LIMITS.statuses, media_attachments: MEDIA, polls: LIMITS.polls },
      rules: [],
    },
  }
}
