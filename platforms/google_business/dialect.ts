import { makeGoogleDialect } from '../google/errors.ts'

export const GOOGLE_BUSINESS_DIALECT = makeGoogleDialect(
  'google_business',
  'Google Business Profile',
)
