/** A post that a platform really accepted. */
export interface AcceptedPost {
  platform: string
  account_id: string
  platform_post_id: string
  text: string
  /** Hex SHA-256 of each file, in order. */
  media: string[]
  accepted_at: string
  deleted_at: string | null
}

export interface SandboxCall {
  platform: string
  account_id: string | null
  step: string
  /** Null: the connection was dropped. */
  status: number | null
  at: string
}

export interface Fault {
  platform: string
  account_id?: string
  step: string
  fault: string
  /** Null: until it is removed. */
  times: number | null
  status?: number
  delay_ms?: number
  retry_after_s?: number
}

/** The sandbox's control interface, see sandbox/README.md: faults and the ground truth. */
export interface SandboxControl {
  readonly url: string
  /** Answers the fault's id. */
  fault(fault: Fault): Promise<string>
  removeFault(id: string): Promise<void>
  clearFaults(): Promise<void>
  /** Posts that a platform accepted and that still stand; `text` is a substring. */
  posts(filter?: { platform?: string; text?: string }): Promise<AcceptedPost[]>
  calls(filter?: { platform?: string; step?: string }): Promise<SandboxCall[]>
  /** Every token, code and secret it ever issued. */
  secrets(): Promise<string[]>
  expire(platform: string, accountId: string): Promise<void>
  revoke(platform: string, accountId: string): Promise<void>
}

export function makeSandboxControl(url: string): SandboxControl {
  const ask = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const response = await fetch(`${url}/_sandbox${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    const answer: T = text === '' ? undefined : JSON.parse(text)
    return answer
  }
  const list = async <T>(
    path: string,
    filter: Readonly<Record<string, string>> = {},
  ): Promise<T[]> => {
    const query = new URLSearchParams({ ...filter })
    return (await ask<{ data: T[] }>('GET', `${path}?${query}`)).data
  }
  return {
    url,
    fault: async (fault) => (await ask<{ id: string }>('POST', '/faults', fault)).id,
    removeFault: (id) => ask('DELETE', `/faults/${id}`),
    clearFaults: () => ask('DELETE', '/faults'),
    posts: async (filter) => {
      const posts = await list<AcceptedPost>('/posts', filter)
      return posts.filter((post) => post.deleted_at === null)
    },
    calls: (filter) => list('/calls', filter),
    secrets: () => list('/secrets'),
    expire: (platform, accountId) => ask('POST', '/expire', { platform, account_id: accountId }),
    revoke: (platform, accountId) => ask('POST', '/revoke', { platform, account_id: accountId }),
  }
}
