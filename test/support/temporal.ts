import { askBroker } from './ask-broker.ts'

/** host:port of the run's Temporal dev server, shared by all files: use your own task queues. */
export async function temporalAddress(): Promise<string> {
  const field = await askBroker('/temporal')
  return field('address')
}

/** For `TestWorkflowEnvironment.createTimeSkipping({ server: { executable } })`. */
export async function timeSkippingExecutable(): Promise<{ type: 'existing-path'; path: string }> {
  const field = await askBroker('/time-skipping')
  return { type: 'existing-path', path: field('path') }
}
