import type { ConnectionAnswer } from '../../../api/contract/schemas/connections.ts'
import { requiredSettings } from '../../../scripts/start/required-settings.ts'
import type { Stack } from '../../support/stack.ts'

/** One target of a post, as POST /v1/posts takes it. */
export interface TargetBody {
  connection_id: string
  content?: string
  settings: Record<string, unknown>
}

/** A target with what its platform asks of every post; `more` comes on top. */
export async function targetFor(
  { api }: Pick<Stack, 'api'>,
  connection: ConnectionAnswer,
  more: { content?: string; settings?: Readonly<Record<string, unknown>> } = {},
): Promise<TargetBody> {
  const required = await requiredSettings(api, connection, 'From the end-to-end test')
  return {
    connection_id: connection.id,
    ...(more.content === undefined ? {} : { content: more.content }),
    settings: { ...required, ...more.settings },
  }
}
