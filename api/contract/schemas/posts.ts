import { z } from 'zod'
import { PART_ROLES } from '../../../domain/parts.ts'
import { APPROVAL_STATUSES, POST_STATUSES, TARGET_STATUSES } from '../../../domain/post-state.ts'
import {
  instant,
  instantInput,
  jsonObject,
  pageOf,
  pageQuery,
  platform,
  platformInput,
  uuid,
} from './common.ts'

/** Far above every platform's limit: the connectors judge the length, this bounds the work. */
const MAX_CONTENT = 100_000

const content = z.string().max(MAX_CONTENT)
const label = z.string().trim().min(1).max(200)

/**
 * What `allowed_actions` of a post may name. Clients show a button for each instead of repeating
 * the state machine; `schedule` also stands for giving another time.
 */
export const POST_ACTIONS = [
  'edit',
  'submit',
  'approve',
  'reject',
  'schedule',
  'unschedule',
  'publish',
  'cancel',
  'retry',
  'resolve',
  'delete',
] as const

/**
 * One account a post goes to. Ownership and state of the connection are checked later, by
 * `planTargets`, because they need the database.
 */
export const targetInput = z.strictObject({
  connection_id: uuid,
  content: content
    .nullish()
    .meta({ description: 'Variant for this account; else the content of the post.' }),
  settings: jsonObject.optional().meta({
    description:
      'See GET /v1/platforms/{platform}. On every platform that has them: `thread`, a list of `{ content, media }` that follow the post, and `first_comment`.',
  }),
})

const mediaInput = z.strictObject({ media_id: uuid, alt_text: z.string().max(2000).optional() })

/**
 * A wall-clock time of the zone beside it. It has no offset, so that the zone's rules and not the
 * client decide which instant it is.
 */
const localTime = z
  .string()
  .regex(
    /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$/,
    'Give a local time without offset, 2026-12-01T09:00.',
  )
  .meta({ example: '2026-12-01T09:00' })

/** When to publish: an instant, or a wall-clock time with its zone. */
export const timeInput = {
  scheduled_at: instantInput.nullish(),
  scheduled_local: localTime.optional(),
  timezone: z.string().max(64).optional().meta({ example: 'Europe/Berlin' }),
  on_ambiguous: z
    .enum(['earlier', 'later'])
    .optional()
    .meta({ description: 'What a local time means that the clock change skips or repeats.' }),
}

/**
 * Fields that creating and changing a post share. All are optional: what a change leaves out stays.
 */
const postFields = {
  content: content.optional(),
  targets: z.array(targetInput).max(50).optional(),
  platforms: z
    .array(platformInput)
    .max(12)
    .optional()
    .meta({ description: 'The default connection of each of these platforms.' }),
  media: z
    .array(mediaInput)
    .max(35)
    .optional()
    .meta({ description: 'Files of POST /v1/media, in the order shown, for all targets.' }),
  ...timeInput,
  // A change of this field counts as a rewrite, see LABELS in posts/edit-post.ts for the ones that
  // do not.
  approval_required: z.boolean().optional(),
  campaign: label.nullish(),
  notes: z.string().max(10_000).nullish(),
  // Null clears the field, undefined leaves it as it is.
  owner_id: uuid.nullish(),
  // Unique within the tenant: a client that lost an answer finds its post again by it.
  external_id: label.nullish(),
}

/** Body of POST /v1/posts and of POST /v1/posts/validate, which checks it and creates no post. */
export const createPostBody = z
  .strictObject({
    ...postFields,
    publish: z.enum(['draft', 'schedule', 'now']).optional().meta({
      description: 'Default: schedule when a time is given, else draft.',
    }),
  })
  .meta({ id: 'CreatePost' })
export type CreatePostBody = z.output<typeof createPostBody>

/** Body of PATCH /v1/posts/{id}. There is no `publish`: what happens to a post is a command. */
export const changePostBody = z.strictObject(postFields).meta({ id: 'ChangePost' })
export type ChangePostBody = z.output<typeof changePostBody>

/** Instant, or wall-clock time with zone; see `takeTimeOf` for what is meant when none is given. */
export const schedulePostBody = z.strictObject(timeInput).meta({ id: 'SchedulePost' })
/** Of approve and reject. The comment stays in PostgreSQL and never enters a workflow history. */
export const decisionBody = z
  .strictObject({ comment: z.string().trim().max(5000).nullish() })
  .meta({ id: 'Decision' })
/** Without `target_ids` every failed target that may be retried; without a time, now. */
export const retryPostBody = z
  .strictObject({ ...timeInput, target_ids: z.array(uuid).min(1).max(50).optional() })
  .meta({ id: 'RetryPost' })
/**
 * A person's word about a target whose outcome no lookup could prove. It closes the attempt for
 * good, so `published` needs the id of the post it speaks of.
 */
export const resolvePostBody = z
  .strictObject({
    target_id: uuid,
    as: z.enum(['published', 'not_published']),
    platform_post_id: z.string().trim().min(1).max(500).optional(),
    permalink: z
      .url({ protocol: /^https?$/ })
      .max(2000)
      .nullish(),
  })
  .refine((body) => body.as === 'not_published' || body.platform_post_id !== undefined, {
    path: ['platform_post_id'],
    message: 'Give the id that the platform shows, so that the post can be found again.',
    params: { code: 'required' },
  })
  .meta({ id: 'ResolvePost' })

/**
 * One account of a post as it is answered. `retryable` says whether a person's retry may help, and
 * `failure_reason` is written for marketers.
 */
export const target = z
  .strictObject({
    id: uuid,
    connection_id: uuid,
    platform,
    /** Variant for this account; null takes the content of the post. */
    content: z.string().nullable(),
    settings: jsonObject,
    status: z.enum(TARGET_STATUSES),
    platform_post_id: z.string().nullable(),
    permalink: z.string().nullable(),
    published_at: instant.nullable(),
    attempt_count: z.int(),
    /** What a due target waits for; it is tried again by itself. */
    waiting_code: z.string().nullable(),
    waiting_reason: z.string().nullable(),
    failure_code: z.string().nullable(),
    failure_reason: z.string().nullable(),
    retryable: z.boolean(),
    /** Published, but not quite as asked. */
    warnings: z.array(z.strictObject({ code: z.string(), message: z.string() })),
    /** Of a thread or a post with a first comment: the parts that are out. */
    parts: z.array(
      z.strictObject({
        part: z.int().meta({ description: 'Counts from 0, the post itself.' }),
        role: z.enum(PART_ROLES),
        platform_post_id: z.string(),
        permalink: z.string().nullable(),
        published_at: instant,
      }),
    ),
    /** When it was deleted at the platform. */
    removed_at: instant.nullable(),
  })
  .meta({ id: 'Target' })

/**
 * A post as every endpoint answers it. Instants are UTC; `scheduled_local` is the same instant on
 * the clock of `timezone`.
 */
export const post = z
  .strictObject({
    id: uuid,
    content: z.string(),
    status: z.enum(POST_STATUSES),
    approval_required: z.boolean(),
    approval_status: z.enum(APPROVAL_STATUSES).nullable(),
    scheduled_at: instant.nullable(),
    scheduled_local: z.string().nullable().meta({ example: '2026-12-01T09:00:00' }),
    timezone: z.string(),
    posted_at: instant.nullable(),
    failure_code: z.string().nullable(),
    failure_reason: z.string().nullable(),
    attention_code: z.string().nullable().meta({ description: 'Why a person should look at it.' }),
    platforms: z.array(platform),
    targets: z.array(target),
    media: z.array(z.strictObject({ media_id: uuid, alt_text: z.string().nullable() })),
    campaign: z.string().nullable(),
    notes: z.string().nullable(),
    external_id: z.string().nullable(),
    owner_id: uuid.nullable(),
    /** Raised by each change of a person; the number inside the ETag. */
    revision: z.int(),
    allowed_actions: z.array(z.enum(POST_ACTIONS)),
    /** Id to search for in the Temporal UI. */
    workflow_id: z.string(),
    created_by: uuid,
    updated_by: uuid.nullable(),
    created_at: instant,
    updated_at: instant,
  })
  .meta({ id: 'Post' })
export type PostAnswer = z.output<typeof post>

/** What each platform of a published post says of it now. */
export const looks = z
  .strictObject({
    data: z.array(
      z.strictObject({
        target_id: uuid,
        state: z.enum(['live', 'removed', 'unknown']),
        permalink: z.string().nullable(),
        code: z.string().nullable().meta({ description: 'Why it is unknown.' }),
      }),
    ),
  })
  .meta({ id: 'Looks' })

/** Newest first; `next_cursor` is null on the last page. */
export const postPage = pageOf(post).meta({ id: 'PostPage' })

/** Filters are joined by AND. `to` is exclusive, so that adjoining ranges share no post. */
export const listPostsQuery = z.strictObject({
  ...pageQuery,
  status: z.enum(POST_STATUSES).optional(),
  platform: platformInput.optional(),
  connection_id: uuid.optional(),
  campaign: z.string().max(200).optional(),
  q: z.string().max(200).optional().meta({ description: 'Words in the content.' }),
  from: instantInput
    .optional()
    .meta({ description: 'Scheduled or, without a time, created since.' }),
  to: instantInput.optional(),
})

/**
 * One row of the ledger: a call that may have reached the platform. `failure_kind` says what its
 * end proves, `confirmed_by` who proved it: answer, lookup or person.
 */
export const attempt = z
  .strictObject({
    id: uuid,
    target_id: uuid,
    platform,
    attempt_no: z.int(),
    part: z.int().meta({ description: 'Which part of the target: 0 is the post itself.' }),
    role: z.enum(PART_ROLES),
    revision: z.int(),
    status: z.string(),
    started_at: instant,
    finished_at: instant.nullable(),
    platform_post_id: z.string().nullable(),
    failure_kind: z.string().nullable(),
    failure_code: z.string().nullable(),
    failure_message: z.string().nullable(),
    http_status: z.int().nullable(),
    confirmed_by: z.string().nullable(),
  })
  .meta({ id: 'Attempt' })

/**
 * History of a post or connection. `seq` rises with every write of the row and is what the cursor
 * of these lists counts by.
 */
export const event = z
  .strictObject({
    id: uuid,
    seq: z.int(),
    type: z.string(),
    detail: jsonObject,
    actor: z.string().nullable(),
    at: instant,
  })
  .meta({ id: 'Event' })

/** A request for approval, a decision, or the reset of one by an edit. */
export const approval = z
  .strictObject({
    id: uuid,
    revision: z.int(),
    decision: z.string(),
    by_user_id: uuid.nullable(),
    actor: z.string(),
    comment: z.string().nullable(),
    at: instant,
  })
  .meta({ id: 'Approval' })

/** Findings of the connectors; `path` points into the request, as in errors. */
export const validation = z
  .strictObject({
    valid: z.boolean(),
    errors: z.array(z.strictObject({ path: z.string(), code: z.string(), message: z.string() })),
  })
  .meta({ id: 'Validation' })
