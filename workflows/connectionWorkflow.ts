import {
  ActivityFailure,
  allHandlersFinished,
  condition,
  continueAsNew,
  isCancellation,
  log,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow'
import type { RefreshResult } from '../activities/types.ts'
import type { ConnectionState } from '../domain/connection-state.ts'
import { accounts, rows } from './activity-proxies.ts'
import { connectionCard } from './connection-card.ts'
import type { Due } from './connection-process.ts'
import { ConnectionProcess } from './connection-process.ts'
import { ConnectionRefresher } from './connection-refresher.ts'
import type { ConnectionSummary, ConnectionWorkflowInput, RefreshArgs } from './contract.ts'
import {
  connectionChanged,
  connectionState,
  disconnectSignal,
  disconnectUpdate,
  refreshSignal,
  refreshUpdate,
  syncUpdate,
  validateUpdate,
} from './contract.ts'
import { SEARCH_ATTRIBUTES as SA } from './search-attributes.ts'

type DisconnectArgs = { actorId?: string | null }

const MAX_STEPS_PER_RUN = 500
/** What did not come off by itself waits so long; refreshing has its own backoff. */
const POSTPONE_MS = 15 * 60_000
/** Whoever published in the last hours has proved that the account works. */
const PROOF_AGE_MS = 20 * 3_600_000

/** One connection for as long as it exists: the only place that refreshes its token. */
export async function connectionWorkflow(
  input: ConnectionWorkflowInput,
): Promise<ConnectionSummary> {
  const connection = new ConnectionProcess(input.connectionId, input.connection)
  const refresher = new ConnectionRefresher(input, connection)
  const show = makeShow(input, connection)
  listen(input, connection, refresher)
  while (!connection.isOver) {
    show()
    const due = connection.nextDue(Date.now())
    if (due !== undefined && due.at <= Date.now()) await act(input, connection, refresher, due)
    else await changeOrDue(connection, due)
    if (mustStartOver(input, connection)) return startOver(input, connection, refresher)
  }
  show()
  await condition(allHandlersFinished)
  return connection.summary()
}

/** Does what is due. What fails is tried again later: the connection's workflow never ends by it. */
async function act(
  input: ConnectionWorkflowInput,
  connection: ConnectionProcess,
  refresher: ConnectionRefresher,
  due: Due,
): Promise<void> {
  const { tenantId, connectionId } = input
  const ids = { tenantId, connectionId }
  const { tokenVersion } = connection.state
  if (due.what === 'refresh') {
    await refresher.refresh()
    return
  }
  // Set before acting, so that a circle is impossible whatever the answer is.
  connection.postpone(due.what, Date.now() + POSTPONE_MS)
  switch (due.what) {
    case 'end':
      // A refresh under way may still move the end.
      await condition(() => refresher.isIdle)
      connection.adopt(await rows.endAccess({ ...ids, tokenVersion }))
      return
    case 'warn': {
      const { days, endsAt } = due
      connection.adopt(await rows.warnExpiring({ ...ids, tokenVersion, days, endsAt }))
      if (connection.state.warnedDays === days) connection.postpone('warn', 0)
      return
    }
    case 'sync':
      await asked(look(connection, refresher, accounts.syncConnection(ids)))
      return
    case 'validate': {
      const provedSince = Date.now() - PROOF_AGE_MS
      await asked(look(connection, refresher, accounts.validateConnection({ ...ids, provedSince })))
    }
  }
}

/** Takes over what a look at the account has shown; a refused token is renewed first. */
async function look(
  connection: ConnectionProcess,
  refresher: ConnectionRefresher,
  looking: Promise<RefreshResult>,
): Promise<void> {
  connection.steps++
  const result = await looking
  connection.adopt(result.connection)
  if (result.outcome !== 'failed' || result.code !== 'token_refused') return
  await refresher.answer(connection.state.tokenVersion)
}

function listen(
  input: ConnectionWorkflowInput,
  connection: ConnectionProcess,
  refresher: ConnectionRefresher,
): void {
  const { tenantId, connectionId } = input
  const ids = { tenantId, connectionId }
  const readRow = async () => connection.adopt(await rows.loadConnection(ids))
  const disconnect = async (args?: DisconnectArgs | null) => {
    const actorId = args?.actorId ?? null
    // A refresh under way would write its tokens after they were erased, and must not.
    await condition(() => refresher.isIdle)
    connection.adopt(await accounts.disconnectConnection({ ...ids, actorId }))
    return connection.summary()
  }
  const refresh = (args?: RefreshArgs | null) =>
    refresher.answer(args?.staleVersion, args?.force ?? args?.staleVersion === undefined)
  setHandler(refreshUpdate, refresh)
  setHandler(refreshSignal, (args) => asked(refresh(args)))
  setHandler(validateUpdate, async () => {
    await look(connection, refresher, accounts.validateConnection(ids))
    return connection.summary()
  })
  setHandler(syncUpdate, async () => {
    await look(connection, refresher, accounts.syncConnection(ids))
    return connection.summary()
  })
  setHandler(disconnectUpdate, disconnect)
  setHandler(disconnectSignal, (args) => asked(disconnect(args)))
  setHandler(connectionChanged, readRow)
  setHandler(connectionState, () => connection.state)
}

/** A signal cannot answer: what it asked for may fail, the connection's workflow must not. */
async function asked(work: Promise<unknown>): Promise<void> {
  try {
    await work
  } catch (error) {
    if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error
    log.warn('signal failed', { reason: error.message })
  }
}

async function changeOrDue(connection: ConnectionProcess, due: Due | undefined) {
  const { version } = connection
  const changed = () => connection.version !== version
  if (due === undefined) return condition(changed)
  const summary = `${SUMMARIES[due.what]} at ${new Date(due.at).toISOString()}`
  await condition(changed, Math.max(1, due.at - Date.now()), { summary })
}

/** Names of timers in the Temporal UI. */
const SUMMARIES: Readonly<Record<Due['what'], string>> = {
  refresh: 'Refresh',
  validate: 'Validate',
  sync: 'Sync',
  warn: 'Warn',
  end: 'Access ends',
}

function mustStartOver(input: ConnectionWorkflowInput, connection: ConnectionProcess): boolean {
  if (connection.isOver) return false
  const limit = input.maxRefreshesPerRun ?? MAX_STEPS_PER_RUN
  return workflowInfo().continueAsNewSuggested || connection.steps >= limit
}

async function startOver(
  input: ConnectionWorkflowInput,
  connection: ConnectionProcess,
  refresher: ConnectionRefresher,
): Promise<never> {
  await condition(() => refresher.isIdle && allHandlersFinished())
  return continueAsNew<typeof connectionWorkflow>({ ...input, connection: connection.state })
}

function makeShow(input: ConnectionWorkflowInput, connection: ConnectionProcess): () => void {
  let shown = keyOf(input.connection)
  return () => {
    const { state } = connection
    setCurrentDetails(connectionCard(input.platform, connection))
    if (keyOf(state) === shown) return
    shown = keyOf(state)
    upsertSearchAttributes([
      { key: SA.ConnectionState, value: state.status },
      {
        key: SA.TokenExpiresAt,
        value: state.expiresAt === null ? null : new Date(state.expiresAt),
      },
      { key: SA.NeedsAttention, value: needsAttention(state) },
    ])
  }
}

function needsAttention({ status, warnedDays }: ConnectionState): boolean {
  return !['active', 'disconnected'].includes(status) || (warnedDays ?? null) !== null
}

function keyOf(state: ConnectionState): string {
  return `${state.status}|${state.expiresAt}|${state.warnedDays ?? ''}`
}
