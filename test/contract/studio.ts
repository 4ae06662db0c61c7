import { randomUUID } from 'node:crypto'
import type { Media } from '../../domain/media.ts'
import type { PublishedRef } from '../../platforms/connector.ts'
import { contentOf, drive } from '../connectors/drive.ts'
import type { Harness } from '../connectors/harness.ts'
import {
  type MediaFile,
  makeGif,
  makeImage,
  makePdf,
  makeVideo,
  type VideoOptions,
} from '../support/media-files.ts'
import type { Connection } from './connect.ts'
import type { Studio } from './kinds.ts'

const SMALL_VIDEO: VideoOptions = { bytes: 100_000 }

/** Makes files once for all cells, and a studio for each of them. */
export class StudioHouse {
  readonly #harness: Harness
  readonly #files = new Map<string, Promise<Media>>()

  constructor(harness: Harness) {
    this.#harness = harness
  }

  /** `text` is of the cell alone. */
  studioFor(text: string, connection: () => Connection): Studio {
    return {
      text,
      image: (index = 0) => this.#once(`image ${index}`, () => makeImage()),
      photo: () => this.#once('photo', () => makeImage({ width: 2400, height: 1800 })),
      gif: () => this.#once('gif', () => makeGif()),
      pdf: () => this.#once('pdf', async () => makePdf()),
      video: (options = SMALL_VIDEO) => this.#once('video', () => makeVideo(options)),
      newVideo: (options = SMALL_VIDEO) => this.#add(makeVideo(options)),
      earlierPost: () => this.#publishText(`Earlier: ${text}`, connection()),
      destination: () => this.#destination(connection()),
      pageUrl: `${this.#harness.url}/`,
    }
  }

  #once(name: string, make: () => Promise<MediaFile>): Promise<Media> {
    const known = this.#files.get(name)
    if (known) return known
    const file = this.#add(make())
    this.#files.set(name, file)
    return file
  }

  async #add(making: Promise<MediaFile>): Promise<Media> {
    const file = await making
    this.#harness.files.add(file)
    return file.facts
  }

  async #publishText(text: string, { access }: Connection): Promise<PublishedRef> {
    const { connector, call } = this.#harness
    const { parts } = await drive(connector, contentOf({ text }), access, call)
    if (parts[0] === undefined) throw new Error('nothing was published')
    return parts[0]
  }

  async #destination({ auth, access }: Connection): Promise<string> {
    const places = (await auth.destinations?.(access, this.#harness.call)) ?? []
    const open = places.find(({ canPost }) => canPost)
    if (open === undefined) throw new Error('nowhere to post')
    return open.id
  }
}

/** Emoji sequences, entities, quotes and a combining mark; no sign that a platform turns down. */
export function cellText(name: string): string {
  return `${name}: Kaffee & Cafe\u0301 “zu zweit” 👩‍👩‍👧 für 5 € – ‘so’ ${randomUUID().slice(0, 8)}`
}
