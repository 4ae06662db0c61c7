/** jest's globalTeardown: ends every server that the run has started. */
export default async function globalTeardown(): Promise<void> {
  const broker = process.env.CLARION_TEST_BROKER
  if (broker) await fetch(`${broker}/stop`)
}
