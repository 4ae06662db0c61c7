/** pino's paths of what never enters a log, should an error carry a request or an answer. */
export const REDACTED = {
  paths: [
    'authorization',
    '*.authorization',
    '*.headers',
    '*.*.headers',
    '*.body',
    '*.*.body',
    '*.config',
    '*.*.config',
    '*.access_token',
    '*.refresh_token',
    '*.app_password',
    '*.access_token_secret',
    '*.client_secret',
    '*.app_secret',
    '*.api_secret',
    '*.code_verifier',
  ],
  censor: '[redacted]',
}
