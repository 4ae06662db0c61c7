/**
 * What one target publishes, in this order. `post`: the post itself. `extra`: an addition that may
 * be done again at will (a thumbnail). `reply`: a further part of a thread. `comment`: the first
 * comment.
 */
export const PART_ROLES = ['post', 'extra', 'reply', 'comment'] as const

export type PartRole = (typeof PART_ROLES)[number]

/** Which part of a target an attempt is about. */
export interface PartStep {
  /** Counts from 0, the post itself. */
  part: number
  role: PartRole
  /** After it the target is published. */
  isLast: boolean
}

/** The whole of an ordinary post. */
export const ONLY_PART: PartStep = { part: 0, role: 'post', isLast: true }

/** The post counts as published without it: what goes wrong with it becomes a warning. */
export function isAside(role: PartRole): boolean {
  return role === 'extra' || role === 'comment'
}
