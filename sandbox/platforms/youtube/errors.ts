import { type Answer, Refusal } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { apiError, BAD_TOKEN, htmlNotFound, MISSING_SCOPE, scopeDetail } from '../google/errors.ts'
import type { GoogleSite } from '../google/site.ts'

const QUOTA = 'The request cannot be completed because you have exceeded your'

/** https://developers.google.com/youtube/v3/docs/core_errors */
export function badToken(): Answer {
  const errors = [
    {
      message: 'Invalid Credentials',
      domain: 'global',
      reason: 'authError',
      location: 'Authorization',
      locationType: 'header',
    },
  ]
  return apiError({ code: 401, message: BAD_TOKEN, errors })
}

export function missingScope(): Answer {
  const reason = 'insufficientPermissions'
  return apiError({
    code: 403,
    message: MISSING_SCOPE,
    errors: [{ message: 'Insufficient Permission', domain: 'global', reason }],
    details: [scopeDetail('youtube.googleapis.com')],
  })
}

/** A 400 that names the parameter at fault. */
export function badParameter(problem: {
  message: string
  domain: string
  reason: string
  location: string
}): Answer {
  const errors = [{ ...problem, locationType: 'parameter' }]
  return apiError({ code: 400, message: problem.message, errors, status: null })
}

/** Of the whole project, until midnight Pacific; the message really has a link in it. */
export function quotaExceeded(): Answer {
  const message = `${QUOTA} <a href="/youtube/v3/getting-started#quota">quota</a>.`
  const errors = [{ message, domain: 'youtube.quota', reason: 'quotaExceeded' }]
  return apiError({ code: 403, message, errors, status: null })
}

/** A refusal that YouTube itself raises, in a domain of its own. */
export function refusal(
  code: number,
  reason: string,
  message: string,
  domain = 'youtube.video',
): Refusal {
  const errors = [{ message, domain, reason }]
  return new Refusal(apiError({ code, message, errors, status: null }))
}

/** https://developers.google.com/youtube/v3/docs/videos/insert#errors */
export function badContent(): Answer {
  const message = 'The request metadata is invalid.'
  return refusal(400, 'invalidVideoMetadata', message).answer
}

export function notFound(_site: GoogleSite, req: ApiRequest): Answer {
  return htmlNotFound(req.path)
}
