import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { createMediaBody, media } from '../../contract/schemas/media.ts'
import { takeFile } from '../../media/take-file.ts'

/** An address is fetched for five minutes at most, and the store needs some time as well. */
const LEASE_MS = 10 * 60_000

export const createMedia = defineOperation({
  id: 'createMedia',
  method: 'post',
  path: '/v1/media',
  summary: 'Store a file for posts',
  description:
    'Send the file as the field file of a form, or name its address as JSON. It is looked through before it is answered: JPEG, PNG, WebP, GIF, MP4, MOV, WebM, PDF, Word and PowerPoint are taken, damaged files are not. The same bytes are stored once: sending them again answers 200 with the file of before. An Idempotency-Key stands for the bytes of an upload.',
  tags: ['media'],
  access: 'media:write',
  audit: { action: 'media.uploaded', resource: 'media' },
  idempotency: 'key',
  takesFile: true,
  leaseMs: LEASE_MS,
  params: NOTHING,
  query: NOTHING,
  body: createMediaBody,
  success: {
    status: 201,
    description: 'The file, ready for posts.',
    content: media,
    orKnown: 'The tenant has these bytes already: the file of before.',
  },
  errors: [
    'validation_failed',
    'media_unsupported',
    'media_broken',
    'media_unreachable',
    'media_too_large',
  ],
  handler: (context) => takeFile(context, context.body, context.upload),
})
