import { z } from 'zod'
import { MEDIA_KINDS } from '../../../domain/media.ts'
import { instant, pageOf, pageQuery, uuid } from './common.ts'

const fileName = z.string().trim().min(1).max(255)

/** Body of POST /v1/media as JSON; a form with a `file` may have `file_name` alone. */
export const createMediaBody = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/ })
      .max(4000)
      .optional()
      .meta({
        description: 'Public https address that answers with the file itself.',
        example: 'https://cdn.example/photo.jpg',
      }),
    file_name: fileName.optional().meta({ example: 'photo.jpg' }),
  })
  .meta({ id: 'CreateMedia' })

const known = { description: 'Null where it is not known or means nothing.' }

/** A stored file with what was read of it when it came. */
export const media = z
  .strictObject({
    id: uuid,
    kind: z.enum(MEDIA_KINDS).meta({ description: 'A GIF is gif, with one frame too.' }),
    mime_type: z.string().meta({ example: 'image/jpeg' }),
    bytes: z.int(),
    width: z.int().nullable().meta({ description: 'Pixels as displayed, rotation applied.' }),
    height: z.int().nullable(),
    duration_ms: z.int().nullable().meta(known),
    frame_rate: z.number().nullable().meta({ description: 'Frames a second.' }),
    frames: z.int().nullable().meta({ description: 'Of a GIF.' }),
    pages: z.int().nullable().meta({ description: 'Of a PDF.' }),
    video_codec: z.string().nullable().meta({ example: 'avc' }),
    audio_codec: z.string().nullable().meta({ description: 'Null also without sound.' }),
    sha256: z.string(),
    file_name: z.string().meta({ description: 'Of the first upload of these bytes.' }),
    status: z.literal('ready').meta({ description: 'Files are probed before they are answered.' }),
    source_url: z.string().nullable().meta({ description: 'Where it was fetched, without query.' }),
    url: z.string().meta({ description: 'Signed address of the file, valid for an hour.' }),
    created_by: uuid.nullable(),
    created_at: instant,
    updated_at: instant,
  })
  .meta({ id: 'Media' })
export type MediaAnswer = z.output<typeof media>

export const mediaPage = pageOf(media).meta({ id: 'MediaPage' })

/** Query of GET /v1/media. */
export const listMediaQuery = z.strictObject({
  kind: z.enum(MEDIA_KINDS).optional(),
  q: z.string().max(200).optional().meta({ description: 'Found anywhere in the file name.' }),
  ...pageQuery,
})
