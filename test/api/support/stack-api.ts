import { startInProcess } from '../../support/in-process.ts'
import { temporalAddress } from '../../support/temporal.ts'
import { startTestApi, type TestApi, type TestApiOptions } from './api.ts'

/** An API on real workers: database, namespace and sandbox are shared with them. */
export async function startStackApi(options: TestApiOptions = {}): Promise<TestApi> {
  const stack = await startInProcess()
  const address = await temporalAddress()
  const api = await startTestApi({ ...options, stack: { ...stack, temporalAddress: address } })
  return {
    ...api,
    close: async () => {
      await api.close()
      await stack.stop()
    },
  }
}
