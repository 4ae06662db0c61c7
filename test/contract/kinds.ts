import { randomUUID } from 'node:crypto'
import type { Media } from '../../domain/media.ts'
import type { Platform } from '../../domain/platforms.ts'
import type { Content, PublishedRef } from '../../platforms/connector.ts'
import type { VideoOptions } from '../support/media-files.ts'

/** What fixtures are made of; files are real ones that the connector can read. */
export interface Studio {
  /** Of this cell alone, with characters that wires must not hurt. */
  text: string
  image(index?: number): Promise<Media>
  photo(): Promise<Media>
  gif(): Promise<Media>
  pdf(): Promise<Media>
  video(options?: VideoOptions): Promise<Media>
  /** Like `video`, but a file that was never used before. */
  newVideo(options?: VideoOptions): Promise<Media>
  /** A post that is there already, to answer or to quote. */
  earlierPost(): Promise<PublishedRef>
  /** A board or the like where the account may post. */
  destination(): Promise<string>
  /** A page that can be read. */
  pageUrl: string
}

/** A post of one kind; what is left out is empty. */
export type MakeContent = (studio: Studio) => Partial<Content> | Promise<Partial<Content>>

const LANDSCAPE: VideoOptions = { width: 1280, height: 720, bytes: 100_000 }

const text: MakeContent = ({ text }) => ({ text })
const link: MakeContent = ({ text }) => ({ text: `${text} https://example.com/a_(b)?q=1&r=2` })
const image: MakeContent = async ({ text, image }) => ({ text, media: [await image()] })
const album: MakeContent = async ({ text, image }) => ({
  text,
  media: [await image(2), await image(0), await image(1)],
})
/** Of the size that business profiles ask for. */
const photo: MakeContent = async ({ text, photo }) => ({ text, media: [await photo()] })
const gif: MakeContent = async ({ text, gif }) => ({ text, media: [await gif()] })
const video: MakeContent = async ({ text, video }) => ({ text, media: [await video()] })
const landscape: MakeContent = async ({ text, video }) => ({
  text,
  media: [await video(LANDSCAPE)],
})
/** Of platforms that have done a video's work already when they see it again. */
const newVideo: MakeContent = async ({ text, newVideo }) => ({ text, media: [await newVideo()] })
/** The watched part is the last one, here and where there is a first comment. */
const thread: MakeContent = async ({ text, image }) => ({
  text: `Before: ${text}`,
  thread: [{ text, media: [await image()] }],
})

function withComment(make: MakeContent): MakeContent {
  return async (studio) => {
    const content = await make({ ...studio, text: `Before: ${studio.text}` })
    return { ...content, firstComment: studio.text }
  }
}

const pollOf = (settings: Record<string, unknown>): MakeContent => {
  return ({ text }) => ({ text, settings })
}

function withSettings(make: MakeContent, settings: Record<string, unknown>): MakeContent {
  return async (studio) => {
    const content = await make(studio)
    return { ...content, settings: { ...settings, ...content.settings } }
  }
}

function naming(setting: string): MakeContent {
  return async ({ text, earlierPost }) => ({
    text,
    settings: { [setting]: (await earlierPost()).platformPostId },
  })
}

const ANSWERS = ['Ja', 'Nein & nie']

function youtube(kind: 'video' | 'short'): MakeContent {
  return async ({ text, newVideo }) => ({
    text,
    media: [await newVideo(kind === 'video' ? LANDSCAPE : undefined)],
    settings: { title: `A ${kind}`, kind },
  })
}

/** Only texts have a body; everything else shows its title alone. */
function reddit(make: MakeContent): MakeContent {
  return async (studio) => {
    const { text = '', ...content } = await make({ ...studio, text: '' })
    const settings = { subreddit: 'clarion_sandbox', title: studio.text, ...content.settings }
    return { ...content, text, settings }
  }
}

const redditText: MakeContent = ({ text }) => ({
  text,
  settings: { subreddit: 'clarion_sandbox', title: `Title: ${text}` },
})

const videoWithPoster: MakeContent = async ({ video, image }) => {
  const poster_media_id = await image()
  return {
    media: [await video()],
    settings: { poster_media_id: poster_media_id.id },
    attached: { poster_media_id },
  }
}

function pinterest(make: MakeContent): MakeContent {
  return async (studio) =>
    withSettings(make, { board_id: await studio.destination(), title: 'Soup' })(studio)
}

const story: MakeContent = async ({ image }) => ({
  media: [await image()],
  settings: { kind: 'story' },
})

const storyVideo: MakeContent = async ({ video }) => ({
  media: [await video()],
  settings: { kind: 'story' },
})

const TIKTOK = { privacy_level: 'PUBLIC_TO_EVERYONE' }

const SCHEDULE = {
  start_date: '2030-12-01',
  start_time: '09:00',
  end_date: '2030-12-02',
  end_time: '17:00',
}
const EVENT = { title: 'Open day', schedule: SCHEDULE }
const OFFER = { coupon_code: 'BUN', terms_conditions: 'One each' }

/** Every kind of every connector. */
export const CONTENTS: Readonly<Record<Platform, Readonly<Record<string, MakeContent>>>> = {
  x: {
    text_comment: withComment(text),
    ...{ text, link, image, album, gif, video: landscape, thread },
    poll: pollOf({ poll: { options: ANSWERS, duration_minutes: 60 } }),
    reply: naming('in_reply_to_tweet_id'),
    quote: naming('quote_tweet_id'),
  },
  mastodon: {
    text_comment: withComment(text),
    ...{ text, link, image, album, gif, video, thread },
    poll: pollOf({ poll: { options: ANSWERS, expires_in: 3600 } }),
    reply: naming('in_reply_to_id'),
    quote: naming('quoted_status_id'),
  },
  bluesky: {
    text_comment: withComment(text),
    ...{ text, link, image, album, gif, video: newVideo, thread },
    link_card: ({ text, pageUrl }) => ({ text, settings: { link_card: { url: pageUrl } } }),
    quote: naming('quote_uri'),
  },
  tiktok: {
    video_inbox: withSettings(async ({ video }) => ({ media: [await video()] }), {
      ...TIKTOK,
      post_mode: 'inbox',
    }),
    video: withSettings(video, TIKTOK),
    image: withSettings(image, TIKTOK),
    album: withSettings(album, TIKTOK),
  },
  youtube: {
    short_comment: withComment(youtube('short')),
    video: youtube('video'),
    short: youtube('short'),
  },
  reddit: {
    text_comment: withComment(redditText),
    text: redditText,
    // Reddit takes an address only once.
    link: reddit(() => ({ settings: { link: `https://example.com/${randomUUID()}` } })),
    image: reddit(image),
    gif: reddit(gif),
    album: reddit(album),
    video: reddit(videoWithPoster),
  },
  instagram: {
    image_comment: withComment(image),
    image,
    carousel: album,
    reel: withSettings(video, { kind: 'reel' }),
    story,
    story_video: storyVideo,
  },
  facebook: {
    text_comment: withComment(text),
    ...{ text, image, album, video, story, story_video: storyVideo },
    link: ({ text }) => ({ text, settings: { link: 'https://clarion.example/' } }),
    reel: withSettings(video, { kind: 'reel' }),
  },
  threads: {
    text_comment: withComment(text),
    ...{ text, image, video, thread, carousel: album },
    link: ({ text }) => ({ text, settings: { link_attachment: 'https://clarion.example/' } }),
    poll: pollOf({ poll_attachment: { option_a: 'Tea', option_b: 'Coffee' } }),
  },
  linkedin: {
    text_comment: withComment(text),
    ...{ text, image, album, video },
    link: ({ text }) => ({
      text,
      settings: { link: { url: 'https://clarion.example/news', title: 'News' } },
    }),
    document: async ({ text, pdf }) => ({
      text,
      media: [await pdf()],
      settings: { title: 'Plan' },
    }),
    poll: pollOf({ poll: { question: 'Which?', options: ANSWERS, duration: 'ONE_DAY' } }),
  },
  pinterest: { image: pinterest(image), album: pinterest(album), video: pinterest(video) },
  google_business: {
    update: photo,
    event: withSettings(photo, { topic_type: 'EVENT', event: EVENT }),
    offer: withSettings(text, { topic_type: 'OFFER', event: EVENT, offer: OFFER }),
  },
}
