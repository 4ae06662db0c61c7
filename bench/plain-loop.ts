/** A plain loop of `atOnce` workers over the items; answers in the order of the items. */
export async function plainLoop<T, R>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  // One iterator for all: whoever is free takes the next.
  const queue = items.entries()
  const loop = async () => {
    for (const [index, item] of queue) results[index] = await work(item)
  }
  await Promise.all(Array.from({ length: atOnce }, loop))
  return results
}
