import type { ConnectionAnswer } from '../../api/contract/schemas/connections.ts'
import type { ApiClient } from './api-client.ts'

/**
 * What a platform asks of every post besides its text and files, filled in for an account of the
 * sandbox. `title` must be of one line and free of < and >, which YouTube refuses.
 */
export async function requiredSettings(
  api: ApiClient,
  { id, platform }: Pick<ConnectionAnswer, 'id' | 'platform'>,
  title: string,
): Promise<Record<string, unknown>> {
  switch (platform) {
    case 'pinterest':
      return { board_id: await firstBoard(api, id), title }
    case 'reddit':
      return { subreddit: 'clarion_sandbox', title }
    case 'tiktok':
      return { privacy_level: 'PUBLIC_TO_EVERYONE' }
    case 'youtube':
      return { title, privacy_status: 'public', made_for_kids: false }
    default:
      return {}
  }
}

async function firstBoard(api: ApiClient, connectionId: string): Promise<string> {
  const path = `/v1/connections/${connectionId}/accounts`
  const { data } = await api.call<{ data: { id: string; can_post: boolean }[] }>('GET', path)
  const board = data.find(({ can_post }) => can_post)
  if (board !== undefined) return board.id
  throw new Error('The Pinterest account of the sandbox has no board to post to.')
}
