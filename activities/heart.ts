import { activityInfo, heartbeat } from '@temporalio/activity'

/** Often enough for a heartbeat timeout of 20 s; the SDK sends only part of these. */
const BEAT_EVERY_MS = 5_000

export interface Heart {
  /** Details that a later execution of this activity finds, should this process die. */
  remember(details: unknown): void
}

/** Runs `work` while telling the server that this process is alive, so that its death is noticed in
 * seconds and not when the activity times out. */
export async function withHeart<T>(work: (heart: Heart) => Promise<T>): Promise<T> {
  let details: unknown = activityInfo().heartbeatDetails
  const beat = () => heartbeat(details)
  const timer = setInterval(beat, BEAT_EVERY_MS)
  try {
    return await work({
      remember(next) {
        details = next
        beat()
      },
    })
  } finally {
    clearInterval(timer)
  }
}
