import { sandboxCredentials } from '../../../scripts/start/connect.ts'

/** A comment that a platform accepted below a post; replies that are posts of their own are posts. */
export interface AcceptedComment {
  platform: string
  platform_post_id: string
  comment_id: string
  text: string
  deleted_at: string | null
}

export async function acceptedComments(sandboxUrl: string): Promise<AcceptedComment[]> {
  const answer = await fetch(`${sandboxUrl}/_sandbox/comments`)
  const { data }: { data: AcceptedComment[] } = JSON.parse(await answer.text())
  return data
}

/** Deletes a post as its author does in the app: Clarion hears nothing of it. */
export async function deleteOnMastodon(sandboxUrl: string, handle: string, id: string) {
  const { access_token } = await sandboxCredentials(sandboxUrl, 'mastodon', handle)
  const answer = await fetch(`${sandboxUrl}/api/v1/statuses/${id}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${access_token}` },
  })
  if (!answer.ok) throw new Error(`Mastodon did not delete ${id}: ${answer.status}`)
}
