import type { Platform } from '../../domain/platforms.ts'
import type { SandboxState } from '../core/state.ts'

export interface Client {
  client_id: string
  client_secret: string
}

/** What a platform keeps its applications in. */
interface Clients<T> {
  state: SandboxState
  apps: Map<string, T>
}

/** The client that every test and `npm start` knows. */
export function builtInClient(platform: Platform): Client {
  return {
    client_id: `sandbox-${platform}-client`,
    client_secret: `sbx_secret_${platform}_client_secret`,
  }
}

/** The id and secret of another one. */
export function newClient({ state, apps }: Clients<unknown>, platform: Platform): Client {
  return {
    client_id: `${builtInClient(platform).client_id}-${apps.size}`,
    client_secret: state.secrets.issue(`${platform}_client`),
  }
}

/** Keeps an application; its secret counts as one that must not leak. */
export function addApp<T extends Client>({ state, apps }: Clients<T>, app: T): T {
  apps.set(app.client_id, app)
  state.secrets.record(app.client_secret)
  return app
}
