/** Words for failures that Clarion itself finds; platforms' own come with their refusal. */
const REASONS: Readonly<Record<string, string>> = {
  not_approved_in_time: 'The post was not approved before its time to publish had long passed.',
  too_late: 'The post could not be sent until long after its time to publish.',
  not_published: 'A person looked at the account and found that the post was not published.',
  connection_inactive:
    'The account is switched off or disconnected in Clarion. Reconnect it, then retry.',
  needs_reconnect:
    'The platform no longer accepts our access to this account. Reconnect it, then retry.',
  gave_up: 'Publishing was tried for a day without success. Check the account, then retry.',
  content_invalid: 'The content does not meet the rules of the platform. Change it, then retry.',
  platform_unsupported: 'Clarion cannot publish to this platform yet.',
}

export function reasonFor(code: string): string {
  return REASONS[code] ?? 'Publishing failed. Look at the attempts, then retry.'
}
