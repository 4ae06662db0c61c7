import { type Answer, json, Refusal } from '../../http/answer.ts'

/** Errors of the authorization server, https://www.rfc-editor.org/rfc/rfc6749#section-5.2 */
export function oauthError(status: number, error: string, error_description: string): Answer {
  return json(status, { error, error_description })
}

export function refuseOauth(error: string, description: string): Refusal {
  return new Refusal(oauthError(400, error, description))
}

export function invalidGrant(description: string): Refusal {
  return refuseOauth('invalid_grant', description)
}

/** What is wrong with a proof or a token; each endpoint has its own form for it. */
export class DpopFailure extends Error {
  readonly error: 'use_dpop_nonce' | 'invalid_dpop_proof' | 'invalid_token'
  readonly description: string

  constructor(error: DpopFailure['error'], description: string) {
    super(error)
    this.error = error
    this.description = description
  }

  /** At the authorization server: 400 for a missing nonce, else 401 with a challenge. */
  asOauth(): Refusal {
    const { error, description } = this
    if (error === 'use_dpop_nonce') return refuseOauth(error, description)
    return new Refusal({ ...oauthError(401, error, description), headers: this.#challenge() })
  }

  /** At the PDS: always 401, in the shape of XRPC. */
  asXrpc(): Refusal {
    const body = { error: this.error, message: this.description }
    return new Refusal({ ...json(401, body), headers: this.#challenge() })
  }

  #challenge(): Record<string, string> {
    const { error, description } = this
    const quotable = description.includes('"') ? '' : `, error_description="${description}"`
    return { 'www-authenticate': `DPoP algs="ES256", error="${error}"${quotable}` }
  }
}
