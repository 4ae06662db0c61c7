import type { Answer } from '../../http/answer.ts'
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
}
