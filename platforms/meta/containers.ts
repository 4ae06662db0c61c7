import { z } from 'zod'
import { PlatformFailure, rejected, transient } from '../../domain/failures.ts'
import type { Prepared, Workbench } from '../connector.ts'
import type { GraphNames } from './errors.ts'
import type { Fields } from './graph.ts'
import { makePatience, type Patience } from './patience.ts'

/** What Instagram and Threads say of a container; `MISSING` when they say there is none. */
export interface ContainerReport {
  status: 'IN_PROGRESS' | 'FINISHED' | 'PUBLISHED' | 'ERROR' | 'EXPIRED' | 'MISSING'
  /** Why, of an error. */
  detail: string
}

/** How one post becomes containers: those of a carousel's files first, then its own. */
export interface ContainerRecipe {
  names: GraphNames
  /** Made anew for each try, so that the addresses of files are fresh. */
  children: readonly (() => Fields)[]
  parent(children: readonly string[], state: ContainerState): Fields
  /** May change the state, as dropping what the platform does not permit. */
  create(fields: Fields, state: ContainerState): Promise<string>
  read(containerId: string): Promise<ContainerReport>
  /** What an `ERROR` means. */
  failureOf(detail: string): PlatformFailure
  /** How often new containers may be made after this failure. */
  retriesAfter(failure: PlatformFailure): number
}

const stateSchema = z.object({
  children: z.array(z.string()).default([]),
  container: z.string().optional(),
  retries: z.number().default(0),
  /** An earlier try turned out to have published it. */
  published: z.boolean().optional(),
  /** Settings that were left out because the platform does not permit them. */
  dropped: z.array(z.string()).default([]),
})

/** Containers live for 24 hours, so what was saved may be gone when it is read again. */
export type ContainerState = z.output<typeof stateSchema>

export function readContainers(prepared: Prepared | undefined): ContainerState {
  return stateSchema.parse(prepared?.state ?? {})
}

/** Makes every container and waits until the platform has fetched and processed the files. */
export async function prepareContainers(
  recipe: ContainerRecipe,
  bench: Workbench,
): Promise<Prepared> {
  const state = readContainers(bench.prepared)
  const run: Run = { recipe, bench, state, patience: makePatience(recipe.names, bench) }
  try {
    const isReady = await fill(run)
    // What expired is made once more; if that too is gone at once, the next run sees to it.
    if (!isReady && !(await fill(forget(run)))) throw vanished(recipe.names)
  } catch (error) {
    throw await afterFailure(run, error)
  }
  return { state: run.state }
}

interface Run {
  recipe: ContainerRecipe
  bench: Workbench
  state: ContainerState
  patience: Patience
}

/** False when something had expired. */
async function fill(run: Run): Promise<boolean> {
  const { recipe, state } = run
  if (state.container === undefined) {
    for (const [index, fields] of recipe.children.entries()) {
      state.children[index] ??= await recipe.create(fields(), state)
      await save(run)
    }
    for (const child of state.children) if (!(await isFinished(run, child))) return false
    state.container = await recipe.create(recipe.parent(state.children, state), state)
    await save(run)
  }
  return isFinished(run, state.container)
}

/** False when the container is gone. */
async function isFinished(run: Run, containerId: string): Promise<boolean> {
  for (let missing = 0; ; await run.patience.wait()) {
    const { status, detail } = await run.recipe.read(containerId)
    if (status === 'ERROR') throw run.recipe.failureOf(detail)
    if (status === 'EXPIRED') return false
    if (status === 'PUBLISHED') run.state.published = true
    if (status === 'PUBLISHED' || status === 'FINISHED') return true
    // A container may not be readable at first: https://github.com/gitroomhq/postiz-app/issues/1562
    if (status === 'MISSING' && ++missing > MOST_MISSING) return false
  }
}

const MOST_MISSING = 3

/** Containers hold no bytes of ours, so all of them are made anew. */
function forget(run: Run): Run {
  run.state.children = []
  run.state.container = undefined
  return run
}

/** Trouble in fetching or processing passes at times; only new containers can tell. */
async function afterFailure(run: Run, error: unknown): Promise<unknown> {
  const { recipe, state } = run
  if (!(error instanceof PlatformFailure)) return error
  const most = recipe.retriesAfter(error)
  if (most === 0) return error
  const { code, message } = error
  if (state.retries >= most) return rejected({ code, message, cause: error })
  state.retries += 1
  await save(forget(run))
  return transient({ code, message, cause: error })
}

function save({ bench, state }: Run): Promise<void> {
  return bench.save({ state })
}

function vanished({ name, prefix }: GraphNames): PlatformFailure {
  const message = `${name} lost the prepared post; Clarion prepares it again.`
  return transient({ code: `${prefix}_container_lost`, message, startOver: true })
}
