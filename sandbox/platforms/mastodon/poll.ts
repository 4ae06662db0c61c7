import { isRecord } from '../../http/body.ts'
import { invalid } from './errors.ts'
import { LIMITS } from './instance.ts'
import type { Poll } from './store.ts'

/** https://docs.joinmastodon.org/methods/statuses/#form-data-parameters */
export function readPoll(value: unknown, nowMs: number): Poll | null {
  if (!isRecord(value)) return null
  const options = Array.isArray(value.options) ? value.options.map(String) : []
  const filled = options.map((option) => option.trim()).filter((option) => option !== '')
  const { max_options, max_characters_per_option, min_expiration, max_expiration } = LIMITS.polls
  if (filled.length < 2) throw invalid('Options must have more than one item')
  if (filled.length > max_options)
    throw invalid(`Options can't contain more than ${max_options} items`)
  if (
    filled.some(
      (option) => [...new Intl.Segmenter('en').segment(option)].length > max_characters_per_option,
    )
  ) {
    throw invalid(`Options cannot be longer than ${max_characters_per_option} characters each`)
  }
  if (new Set(filled).size !== filled.length) throw invalid('Options contain duplicate items')
  const seconds = Number(value.expires_in ?? Number.NaN)
  if (Number.isNaN(seconds)) throw invalid("Expires at can't be blank")
  if (seconds > max_expiration) throw invalid('Expires at is too far into the future')
  if (seconds < min_expiration) throw invalid('Expires at is too soon')
  return {
    options: filled,
    expires_at_ms: nowMs + seconds * 1000,
    multiple: isTrue(value.multiple),
    hide_totals: isTrue(value.hide_totals),
  }
}

/** As Rails reads a boolean parameter. */
export function isTrue(value: unknown): boolean {
  return value === true || value === 'true' || value === '1' || value === 'on'
}
