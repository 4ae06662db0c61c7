/** Longest time that the end of a published post is told late to Temporal. */
const MAX_DELAY_MS = 5_000

/**
 * Posts cluster on the full minute. While commits that are due wait in this process, the
 * bookkeeping of those already made (completing their activities and workflows, most of what a
 * server does for a post) stands back. The row has been written by then, so nothing is at risk.
 */
export class Burst {
  #due = 0
  #calm: (() => void)[] = []

  /** Runs a commit whose instant has come. */
  async commit<T>(work: () => Promise<T>): Promise<T> {
    this.#due++
    try {
      return await work()
    } finally {
      this.#due--
      if (this.#due === 0) for (const resume of this.#calm.splice(0)) resume()
    }
  }

  /** Resolves when no commit is due any more, or after a few seconds. */
  async calm(): Promise<void> {
    if (this.#due === 0) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, MAX_DELAY_MS)
      this.#calm.push(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }
}
