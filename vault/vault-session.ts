import { setTimeout as pause } from 'node:timers/promises'
import NodeVault from 'node-vault'
import { CipherDenied, CipherUnavailable } from './cipher-errors.ts'
import { parseLogin, parseLookup } from './vault-answers.ts'
import { type Answer, answerOfRejection, errorOf, isTransient } from './vault-failure.ts'
import { makeVaultTransport } from './vault-transport.ts'

export interface VaultSessionOptions {
  /** Base URL, such as `https://vault.internal:8200`. */
  address: string
  /** Either a token or an AppRole. */
  token?: string
  appRole?: { roleId: string; secretId: string }
  namespace?: string
  /** Of each request. */
  timeoutMs?: number
}

export type Verb = 'read' | 'write'

export interface VaultSession {
  /** Sends a request and returns the answer's body; throws a CipherError. */
  call(verb: Verb, path: string, body?: object): Promise<unknown>
  close(): void
}

interface Lease {
  token: string
  /** 0 for a token that does not expire. */
  ttlMs: number
  renewable: boolean
}

const DEFAULT_TIMEOUT_MS = 5_000
const ATTEMPTS = 4
const FIRST_BACKOFF_MS = 100
const RENEW_AT = 2 / 3
const RENEW_RETRY_MS = 5_000
/** setTimeout ends at 2^31 ms; renewing earlier does no harm. */
const MAX_TIMER_MS = 7 * 86_400_000

/** A supervised node-vault client: logs in, renews, logs in again, retries what is transient. */
export function makeVaultSession(options: VaultSessionOptions): VaultSession {
  return new SupervisedSession(options)
}

class SupervisedSession implements VaultSession {
  readonly #options: VaultSessionOptions
  readonly #client: NodeVault.client
  #login: Promise<Lease> | undefined
  #renewal: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: VaultSessionOptions) {
    this.#options = options
    this.#client = NodeVault({
      endpoint: options.address,
      namespace: options.namespace,
      'request-promise': makeVaultTransport(options.timeoutMs ?? DEFAULT_TIMEOUT_MS),
      // With DEBUG=node-vault its own debug output would print request bodies, that is, tokens.
      debug: () => undefined,
    })
    // node-vault takes VAULT_TOKEN from the environment by itself; only ours may be used.
    this.#client.token = ''
  }

  async call(verb: Verb, path: string, body: object = {}): Promise<unknown> {
    const lease = await this.#leased()
    let answer = await this.#send(verb, path, body, lease)
    if (!answer.ok && answer.status === 403 && (await this.#isGone(lease))) {
      answer = await this.#send(verb, path, body, await this.#leased())
    }
    if (answer.ok) return answer.body
    throw errorOf(answer, path)
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#renewal)
  }

  /** Single flight: all callers wait for one login; a failed one is forgotten. */
  #leased(): Promise<Lease> {
    if (this.#closed) return Promise.reject(new CipherUnavailable('the cipher is closed'))
    if (this.#login !== undefined) return this.#login
    const login = this.#logIn()
    this.#login = login
    login.then(
      (lease) => this.#scheduleRenewal(lease),
      () => {
        if (this.#login === login) this.#login = undefined
      },
    )
    return login
  }

  async #logIn(): Promise<Lease> {
    const { token = '', appRole } = this.#options
    if (appRole === undefined) return this.#lookUp(token)
    const credentials = { role_id: appRole.roleId, secret_id: appRole.secretId }
    const answer = await this.#send('write', 'auth/approle/login', credentials)
    if (answer.ok) return parseLogin(answer.body)
    // Vault answers 400 to a wrong role or secret id.
    if (answer.status === 400) throw new CipherDenied('the AppRole login was rejected')
    throw errorOf(answer, 'auth/approle/login')
  }

  async #lookUp(token: string): Promise<Lease> {
    const opaque: Lease = { token, ttlMs: 0, renewable: false }
    const answer = await this.#send('read', 'auth/token/lookup-self', {}, opaque)
    if (answer.ok) return { token, ...parseLookup(answer.body) }
    // A token may be good for its work and still not be allowed to look at itself.
    if (answer.status === 403) return opaque
    throw errorOf(answer, 'auth/token/lookup-self')
  }

  /**
   * A 403 means a dead token or a policy that says no. Only the first is worth a login: the second
   * would otherwise cost one at every call. True when there is now a reason to try again.
   */
  async #isGone(lease: Lease): Promise<boolean> {
    if (this.#options.appRole === undefined) return false
    const answer = await this.#send('read', 'auth/token/lookup-self', {}, lease)
    if (answer.ok || answer.status !== 403) return false
    const current = await this.#login?.catch(() => undefined)
    // Another caller may have logged in meanwhile: its token is not thrown away.
    if (current?.token === lease.token) this.#login = undefined
    return true
  }

  #scheduleRenewal(lease: Lease): void {
    if (lease.ttlMs <= 0) return
    // Spread over processes that were started together.
    const share = RENEW_AT * (0.9 + 0.1 * Math.random())
    this.#renewIn(Math.min(lease.ttlMs * share, MAX_TIMER_MS), lease, Date.now() + lease.ttlMs)
  }

  #renewIn(delayMs: number, lease: Lease, expiresAt: number): void {
    if (this.#closed) return
    clearTimeout(this.#renewal)
    this.#renewal = setTimeout(() => {
      this.#renew(lease, expiresAt).catch(() => this.#endLease())
    }, delayMs)
    this.#renewal.unref()
  }

  async #renew(lease: Lease, expiresAt: number): Promise<void> {
    if (!lease.renewable) return this.#endLease()
    const answer = await this.#send('write', 'auth/token/renew-self', {}, lease)
    if (answer.ok) {
      const renewed = parseLogin(answer.body)
      // Near its maximum age a token is renewed for less and less: better a new one.
      return renewed.ttlMs < lease.ttlMs / 2 ? this.#endLease() : this.#scheduleRenewal(renewed)
    }
    if (!isTransient(answer) || Date.now() + RENEW_RETRY_MS >= expiresAt) return this.#endLease()
    this.#renewIn(RENEW_RETRY_MS, lease, expiresAt)
  }

  /** The next call logs in again. */
  #endLease(): void {
    this.#login = undefined
  }

  async #send(verb: Verb, path: string, body: object, lease?: Lease): Promise<Answer> {
    for (let attempt = 1; ; attempt += 1) {
      const answer = await this.#sendOnce(verb, path, body, lease)
      if (answer.ok || !isTransient(answer) || attempt === ATTEMPTS || this.#closed) return answer
      await pause(FIRST_BACKOFF_MS * 2 ** (attempt - 1) * (0.5 + Math.random()))
    }
  }

  async #sendOnce(verb: Verb, path: string, body: object, lease?: Lease): Promise<Answer> {
    // Per request and not client.token: a login under way must not change what others send.
    const headers = lease === undefined ? {} : { 'X-Vault-Token': lease.token }
    try {
      const answer: unknown =
        verb === 'read'
          ? await this.#client.read(path, { headers })
          : await this.#client.write(path, body, { headers })
      return { ok: true, body: answer }
    } catch (error) {
      return answerOfRejection(error)
    }
  }
}
