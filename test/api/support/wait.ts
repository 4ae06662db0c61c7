import type { Client, Reply } from './client.ts'

const EVERY_MS = 100
const GIVE_UP_MS = 30_000

/** The post once it has one of these states; fails with the last answer when it never does. */
export async function untilStatus(
  client: Client,
  postId: string,
  ...statuses: string[]
): Promise<Reply> {
  const giveUpAt = Date.now() + GIVE_UP_MS
  for (;;) {
    const reply = await client.get(`/v1/posts/${postId}`)
    if (statuses.includes(String(reply.json.status))) return reply
    if (Date.now() > giveUpAt) throw new Error(`never ${statuses.join(' or ')}: ${reply.text}`)
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS))
  }
}
