import { type Request, type RequestHandler, type Response, Router } from 'express'
import type { z } from 'zod'
import type { Platform } from '../../domain/platforms.ts'
import type { Account } from '../core/accounts.ts'
import { openAccount } from '../core/open-account.ts'
import type { SandboxState } from '../core/state.ts'
import { type Answer, json, Refusal } from '../http/answer.ts'
import { send } from '../http/endpoint.ts'
import { type ApiRequest, readRequest } from '../http/request.ts'
import type { StandIn } from '../platforms/stand-in.ts'
import {
  accountBody,
  accountRef,
  appBody,
  callsQuery,
  commentsQuery,
  faultBody,
  platformQuery,
  postsQuery,
} from './schemas.ts'

/** What a command works on. */
interface World {
  state: SandboxState
  standIns: readonly StandIn[]
}

type Command = (world: World, req: ApiRequest) => Answer

/** The interface by which tests steer the sandbox and read what really happened. */
export function controlRouter(state: SandboxState, standIns: readonly StandIn[]): Router {
  const world = { state, standIns }
  const at = (command: Command): RequestHandler => control(world, command)
  return Router()
    .post('/faults', at(addFault))
    .get(
      '/faults',
      at(() => data(state.faults.list())),
    )
    .delete('/faults', at(clearFaults))
    .delete('/faults/:id', at(removeFault))
    .post('/revoke', at(revoke))
    .post('/expire', at(expire))
    .get('/posts', at(listPosts))
    .delete('/posts', at(forgetPosts))
    .get(
      '/comments',
      at((_world, req) => data(state.comments.list(parseQuery(commentsQuery, req)))),
    )
    .get(
      '/calls',
      at((_world, req) => data(state.calls.list(parseQuery(callsQuery, req)))),
    )
    .get('/accounts', at(listAccounts))
    .post('/accounts', at(createAccount))
    .post('/apps', at(createApp))
    .get(
      '/secrets',
      at(() => data(state.secrets.list())),
    )
    .all(
      '/*rest',
      at(() => json(404, { error: 'not_found', message: 'no such control route' })),
    )
}

function control(world: World, command: Command): RequestHandler {
  return async (expressReq: Request, res: Response) => {
    const req = readRequest(expressReq, world.state.now().getTime())
    send(res, answerOf(world, command, req))
  }
}

function answerOf(world: World, command: Command, req: ApiRequest): Answer {
  try {
    return command(world, req)
  } catch (error) {
    if (error instanceof Refusal) return error.answer
    throw error
  }
}

/** POST /faults: sets a fault; it hits the next matching calls. */
function addFault({ state, standIns }: World, req: ApiRequest): Answer {
  const order = parseBody(faultBody, req)
  standInOf(standIns, order.platform)
  if (order.fault === 'delay' && order.delay_ms === undefined) {
    throw unprocessable([{ path: 'delay_ms', message: 'required by fault "delay"' }])
  }
  return json(201, state.faults.add(order))
}

/** DELETE /faults */
function clearFaults({ state }: World): Answer {
  state.faults.clear()
  return { status: 204 }
}

/** DELETE /faults/:id */
function removeFault({ state }: World, req: ApiRequest): Answer {
  const id = req.params.id ?? ''
  if (state.faults.remove(id)) return { status: 204 }
  return json(404, { error: 'not_found', message: `no fault ${id}: it was removed or is used up` })
}

/** POST /revoke: what a person does in the platform’s settings. */
function revoke(world: World, req: ApiRequest): Answer {
  const { standIn, account } = accountOf(world, req)
  standIn.revoke(account.account_id)
  return { status: 204 }
}

/** POST /expire: access tokens end now, refresh tokens stay. */
function expire(world: World, req: ApiRequest): Answer {
  const { standIn, account } = accountOf(world, req)
  standIn.expire(account.account_id)
  return { status: 204 }
}

/** GET /posts: the ground truth. */
function listPosts({ state }: World, req: ApiRequest): Answer {
  return data(state.posts.list(parseQuery(postsQuery, req)))
}

/** DELETE /posts: on the platforms too, so duplicate and idempotency memory goes with them. */
function forgetPosts({ state, standIns }: World): Answer {
  state.posts.clear()
  state.comments.clear()
  for (const standIn of standIns) standIn.forgetPosts()
  return { status: 204 }
}

/** GET /accounts */
function listAccounts({ state, standIns }: World, req: ApiRequest): Answer {
  const { platform } = parseQuery(platformQuery, req)
  const shown = standIns.filter((one) => platform === undefined || one.platform === platform)
  return data(
    shown.flatMap((standIn) =>
      state.accounts.list(standIn.platform).map((account) => accountView(standIn, account, req)),
    ),
  )
}

/** POST /accounts: a test opens its own, so that budgets and timelines are its own. */
function createAccount({ state, standIns }: World, req: ApiRequest): Answer {
  const person = parseBody(accountBody, req)
  const standIn = standInOf(standIns, person.platform)
  const account = openAccount(state, standIn, person)
  if (account === 'handle_taken') {
    return json(409, { error: 'handle_taken', message: `${person.handle} has an account already` })
  }
  if (account === 'invalid_handle') {
    throw unprocessable([{ path: 'handle', message: `${person.platform} refuses this handle` }])
  }
  return json(201, accountView(standIn, account, req))
}

/** POST /apps: a client with exact redirect addresses, as a developer portal registers it. */
function createApp({ standIns }: World, req: ApiRequest): Answer {
  const { platform, redirect_uris } = parseBody(appBody, req)
  const app = standInOf(standIns, platform).registerApp?.(redirect_uris)
  if (app !== undefined) return json(201, app)
  throw unprocessable([{ path: 'platform', message: 'apps register through the platform itself' }])
}

function accountView(standIn: StandIn, account: Account, req: ApiRequest): unknown {
  const { platform, account_id, handle, display_name } = account
  const credentials = standIn.credentials(account, req.origin)
  return { platform, account_id, handle, display_name, credentials }
}

function accountOf(
  { state, standIns }: World,
  req: ApiRequest,
): { standIn: StandIn; account: Account } {
  const { platform, account_id } = parseBody(accountRef, req)
  const account = state.accounts.byId(platform, account_id)
  if (account === undefined) {
    throw new Refusal(
      json(404, { error: 'not_found', message: `no ${platform} account ${account_id}` }),
    )
  }
  return { standIn: standInOf(standIns, platform), account }
}

/** The stand-in of a platform; 422 for one that is known but not built yet. */
function standInOf(standIns: readonly StandIn[], platform: Platform): StandIn {
  const standIn = standIns.find((one) => one.platform === platform)
  if (standIn !== undefined) return standIn
  throw unprocessable([{ path: 'platform', message: `${platform} is not in the sandbox yet` }])
}

/** A JSON body by its schema: 400 when it is no JSON, 422 when it does not fit. */
function parseBody<T>(schema: z.ZodType<T>, req: ApiRequest): T {
  if (req.body.kind !== 'json') {
    const message = 'send a JSON body with Content-Type: application/json'
    throw new Refusal(json(400, { error: 'invalid_json', message }))
  }
  return parse(schema, req.body.value)
}

function parseQuery<T>(schema: z.ZodType<T>, req: ApiRequest): T {
  return parse(schema, Object.fromEntries(req.query))
}

function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw unprocessable(
    parsed.error.issues.map(({ path, message }) => ({ path: path.map(String).join('.'), message })),
  )
}

function unprocessable(errors: { path: string; message: string }[]): Refusal {
  return new Refusal(json(422, { error: 'invalid_request', errors }))
}

function data(rows: unknown): Answer {
  return json(200, { data: rows })
}
