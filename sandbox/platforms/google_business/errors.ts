import { type Answer, Refusal } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { apiError, BAD_TOKEN, htmlNotFound, MISSING_SCOPE, scopeDetail } from '../google/errors.ts'
import type { GoogleSite } from '../google/site.ts'

/** https://developers.google.com/my-business/content/errors */
export function badToken(): Answer {
  return apiError({ code: 401, message: BAD_TOKEN })
}

export function missingScope(): Answer {
  const details = [scopeDetail('mybusinessaccountmanagement.googleapis.com')]
  return apiError({ code: 403, message: MISSING_SCOPE, details })
}

/** The person does not manage it. */
export function forbidden(): Refusal {
  return new Refusal(apiError({ code: 403, message: 'The caller does not have permission' }))
}

export function noEntity(): Refusal {
  return new Refusal(apiError({ code: 404, message: 'Requested entity was not found.' }))
}

export function badField(field: string, description: string): Refusal {
  const details = [
    {
      '@type': 'type.googleapis.com/google.rpc.BadRequest',
      fieldViolations: [{ field, description }],
    },
  ]
  const message = 'Request contains an invalid argument.'
  return new Refusal(apiError({ code: 400, message, details }))
}

/** Content that the policy for posts forbids. */
export function badContent(): Answer {
  return badField('local_post.summary', 'The content is not allowed.').answer
}

/** Ten edits a minute for each profile, which cannot be raised. */
export function tooManyEdits(): Refusal {
  const message =
    "Quota exceeded for quota metric 'Edits' and limit 'Edits per minute per profile'."
  return new Refusal(apiError({ code: 429, message }))
}

/** A path that is no method: HTML, not JSON. */
export function notFound(_site: GoogleSite, req: ApiRequest): Answer {
  return htmlNotFound(req.path)
}
