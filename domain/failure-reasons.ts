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
  media_missing:
    'A file of the post is no longer in the store. Upload it again, put it into the post, then retry.',
  thread_removed:
    'The beginning of the thread was deleted at the platform. Create another post instead.',
  thread_changed:
    'The thread was changed after parts of it were published, so that nothing is left to send.',
}

export function reasonFor(code: string): string {
  return REASONS[code] ?? 'Publishing failed. Look at the attempts, then retry.'
}

/** Words for what a queued target waits for; it is tried again by itself. */
const WAITING: Readonly<Record<string, string>> = {
  vault_unavailable:
    'The keys that open this account’s access cannot be reached just now. It is tried again by itself.',
  vault_denied:
    'The key store refuses us the keys of this account’s access. An operator has to look; it is tried again by itself.',
  vault_refused:
    'The access of this account cannot be opened with our keys. An operator has to look; it is tried again by itself.',
  daily_cap:
    'The account has used up what the platform allows for now. It is sent as soon as there is room.',
  processing: 'The platform has taken the post and is still working on it. Clarion keeps looking.',
  rate_limited:
    'The platform asks this account to wait. It is sent as soon as the platform allows.',
}

export function waitingReasonFor(code: string): string {
  return WAITING[code] ?? 'It could not be sent just now and is tried again by itself.'
}
