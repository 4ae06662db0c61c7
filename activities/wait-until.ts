import { ApplicationFailure } from '@temporalio/activity'

/** Waits in process memory for an instant (epoch ms). Ends early, to be staged again elsewhere, when
 * the worker shuts down: nothing has been claimed yet. */
export async function waitUntil(atMs: number | null, signal: AbortSignal): Promise<void> {
  // Timers may fire a millisecond early, and the claim compares with the same clock.
  while (atMs !== null && Date.now() < atMs) await pause(atMs - Date.now(), signal)
}

function pause(waitMs: number, signal: AbortSignal): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const timer = setTimeout(done, waitMs)
    signal.addEventListener('abort', aborted, { once: true })
    if (signal.aborted) aborted()
    function done() {
      signal.removeEventListener('abort', aborted)
      resolve()
    }
    function aborted() {
      clearTimeout(timer)
      reject(stagedElsewhere())
    }
  })
}

/** Retryable and benign: another worker stages the same publish again. */
function stagedElsewhere(): ApplicationFailure {
  return ApplicationFailure.create({
    type: 'worker_shutdown',
    message: 'This worker is shutting down; another one will publish.',
    category: 'BENIGN',
  })
}
