/** Does all of it, so many at a time; the results are in the order of the items. */
export async function inParallel<T, R>(most: number, items: readonly T[], act: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async () => {
    for (let at = next++; at < items.length; at = next++) results[at] = await act(items[at]!);
  };
  await Promise.all(Array.from({ length: most }, worker));
  return results;
}
