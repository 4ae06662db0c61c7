import type { Answer } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import type { GoogleStore } from './store.ts'

/** Google as one of its two APIs shows it: same accounts, own base URL and error style. */
export interface GoogleSite {
  store: GoogleStore
  platform: 'youtube' | 'google_business'
  title: string
  /** 401 to a token that is absent, ended or unknown. */
  badToken(): Answer
  /** 403 to a token whose consent lacks the scope. */
  missingScope(): Answer
  /** 400 to a post whose content the platform does not take. */
  badContent(): Answer
  /** Whom a request without a token is for: an upload address names its account. */
  identify?(req: ApiRequest): string | undefined
}
