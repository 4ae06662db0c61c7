import { connectionActions } from '../../domain/connection-state.ts'
import type { ErrorCode } from '../../domain/errors.ts'
import type { ConnectionWorkflowInput } from '../../workflows/contract.ts'
import type { Requester } from '../contract/operation.ts'
import type { ConnectionAnswer } from '../contract/schemas/connections.ts'
import { connectionInput } from '../kick.ts'
import type { Command } from '../temporal.ts'
import { auditingFailure } from './audit-failure.ts'
import { readConnection } from './read-connection.ts'

/** What every command to a connection may answer. */
export const CONNECTION_COMMAND_ERRORS = [
  'not_found',
  'illegal_transition',
  'connection_not_refreshable',
] as const satisfies readonly ErrorCode[]
type CommandErrors = (typeof CONNECTION_COMMAND_ERRORS)[number]

type ConnectionCommand = 'refresh' | 'validate' | 'sync' | 'disconnect'

/** Has the connection's own workflow carry out a command, and answers the row as it is then. */
export async function commandConnection(
  requester: Requester<CommandErrors>,
  id: string,
  name: ConnectionCommand,
  tell: (input: ConnectionWorkflowInput, command: Command) => Promise<unknown>,
): Promise<ConnectionAnswer> {
  const { deps, actor, commandId } = requester
  const input = await connectionInput(deps, actor.tenantId, id)
  if (input === undefined) throw requester.fail('not_found')
  const failure = { action: `connection.${name}_failed`, resource: 'connection', resourceId: id }
  await auditingFailure(
    requester,
    { ...failure, detail: { platform: input.platform } },
    async () => {
      assertAllowed(requester, input, name)
      // The workflow decides again, on the row as it is then: this check only spares a round trip.
      await tell(input, { id: commandId, actorId: actor.userId })
    },
  )
  return readConnection(requester, id)
}

/** Refuses what the state machine would refuse, with what is allowed instead. */
function assertAllowed(
  requester: Requester<CommandErrors>,
  { connection, platform }: ConnectionWorkflowInput,
  name: ConnectionCommand,
): void {
  const allowedActions = connectionActions(connection)
  // Reading an account anew asks the same of it as validating it.
  if (allowedActions.includes(name === 'sync' ? 'validate' : name)) return
  // Ending what has ended is what was wanted.
  if (name === 'disconnect' && connection.status === 'disconnected') return
  const extras = { currentStatus: connection.status, allowedActions }
  if (name === 'refresh' && connection.refreshModel === 'none') {
    const detail = `Tokens of ${platform} do not expire and cannot be refreshed.`
    throw requester.fail('connection_not_refreshable', { ...extras, detail })
  }
  throw requester.fail('illegal_transition', extras)
}
