/** What is running and how it is ended, in the order that loses nothing. */
export interface Stoppable {
  title: string
  /** Parts of one stage stop together; a lower stage goes first. */
  stage: number
  stop(): Promise<unknown>
  kill(): Promise<unknown>
}

export interface Stops {
  add(part: Stoppable): void
  /** Ends everything, stage by stage. Says what would not stop; never throws. */
  stopAll(onProblem: (line: string) => void): Promise<void>
  killAll(): Promise<void>
}

/** API and worker use all the others; the sandbox's callers are gone after them. */
export const STAGES = { clarion: 1, sandbox: 2, temporal: 3, postgres: 4 } as const

export function makeStops(): Stops {
  const parts: Stoppable[] = []
  return {
    add: (part) => parts.push(part),
    stopAll: async (onProblem) => {
      const stages = [...new Set(parts.map(({ stage }) => stage))].sort((a, b) => a - b)
      for (const stage of stages) {
        const together = parts.filter((part) => part.stage === stage)
        await Promise.all(together.map((part) => stopOne(part, onProblem)))
      }
    },
    killAll: async () => {
      await Promise.allSettled(parts.map((part) => part.kill()))
    },
  }
}

async function stopOne(part: Stoppable, onProblem: (line: string) => void): Promise<void> {
  try {
    await part.stop()
  } catch (error) {
    onProblem(`${part.title} did not stop: ${error instanceof Error ? error.message : error}`)
  }
}
