import type { Harness } from '../connectors/harness.ts'
import { type Connection, connect } from './connect.ts'
import { type FaultName, faultOf } from './faults.ts'
import type { Subject } from './subjects.ts'

export type LivePost = Awaited<ReturnType<Harness['livePosts']>>[number]

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

  /** From here on every new post counts. */
  async beginWatching(): Promise<void> {
    this.#before = new Set((await this.harness.livePosts()).map((post) => post.platform_post_id))
  }

  /** Posts that became live since `beginWatching`. */
  async newPosts(): Promise<LivePost[]> {
    const posts = await this.harness.livePosts()
    return posts.filter((post) => !this.#before.has(post.platform_post_id))
  }

  async setFault(name: FaultName): Promise<void> {
    const fault = faultOf(name)
    const platform = this.#home()
    for (const order of this.subject.orders?.[name] ?? fault.orders) {
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

  /** Leaves neither fault nor dead token to the next cell. */
  async tidy(name: FaultName): Promise<void> {
    await this.harness.clearFaults()
    if (faultOf(name).tokens) this.connection = await connect(this.harness, this.subject)
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
