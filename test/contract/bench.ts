import type { Harness } from '../connectors/harness.ts'
import { type Connection, connect } from './connect.ts'
import { type FaultName, type FaultOrder, faultOf } from './faults.ts'
import type { Subject } from './subjects.ts'

export type LivePost = Awaited<ReturnType<Harness['livePosts']>>[number]

interface Comment {
  comment_id: string
  text: string
  deleted_at: string | null
}

/** The sandbox, the connected account, and what is known of its posts. */
export class Bench {
  readonly harness: Harness
  readonly subject: Subject
  connection: Connection
  /** Ids of everything that was published, as connectors named it. */
  readonly ledger: string[] = []
  #before = new Set<string>()

  constructor(harness: Harness, subject: Subject, connection: Connection) {
    this.harness = harness
    this.subject = subject
    this.connection = connection
  }

  /** From here on every new post and comment counts. */
  async beginWatching(): Promise<void> {
    this.#before = new Set((await this.#livePosts()).map((post) => post.platform_post_id))
  }

  /** Posts and comments that became live since `beginWatching`. */
  async newPosts(): Promise<LivePost[]> {
    const posts = await this.#livePosts()
    return posts.filter((post) => !this.#before.has(post.platform_post_id))
  }

  async #livePosts(): Promise<LivePost[]> {
    const path = `/_sandbox/comments?platform=${this.subject.platform}`
    const comments: Comment[] = Object(await this.harness.control('GET', path)).data
    const live = comments.filter(({ deleted_at }) => deleted_at === null)
    const asPosts = live.map(({ comment_id, text }) => ({
      platform_post_id: comment_id,
      text,
      media: [],
    }))
    return [...(await this.harness.livePosts()), ...asPosts]
  }

  async setFault(kind: string, name: FaultName): Promise<void> {
    const fault = faultOf(name)
    const platform = this.#home()
    for (const order of this.#ordersOf(kind, name)) {
      await this.harness.fault({ platform, ...order })
    }
    for (const end of fault.tokens ?? []) {
      const account_id = await this.#personId()
      await this.harness.control('POST', `/_sandbox/${end}`, { platform, account_id })
    }
  }

  /** Faults that hit nothing: their cell would prove nothing. */
  async unusedFaults(): Promise<unknown[]> {
    const { data } = Object(await this.harness.control('GET', '/_sandbox/faults'))
    return data.filter(({ hits }: { hits: number }) => hits === 0)
  }

  /** Every token and secret that the sandbox ever gave. */
  async secrets(): Promise<string[]> {
    return Object(await this.harness.control('GET', '/_sandbox/secrets')).data
  }

  /** Leaves neither fault nor dead token to the next cell. */
  async tidy(name: FaultName): Promise<void> {
    await this.harness.clearFaults()
    if (faultOf(name).tokens) this.connection = await connect(this.harness, this.subject)
  }

  #ordersOf(kind: string, name: FaultName): readonly FaultOrder[] {
    const { ordersOf, orders } = this.subject
    return ordersOf?.[kind]?.[name] ?? orders?.[name] ?? faultOf(name).orders
  }

  #home() {
    return this.subject.livesAt ?? this.subject.platform
  }

  async #personId(): Promise<string> {
    const path = `/_sandbox/accounts?platform=${this.#home()}`
    const { data } = Object(await this.harness.control('GET', path))
    const row = data.find(({ handle }: { handle: string }) =>
      handle.startsWith(this.subject.person),
    )
    return row.account_id
  }
}
