/** Does something with each of many, a few at a time: thousands of small files are mostly waiting. */

/** Enough to keep a disk busy; each may hold a file of some megabytes in memory. */
const width = 8;

/** In the order given; rejects with the first failure. */
export async function inParallel<In, Out>(all: readonly In[], act: (one: In) => Promise<Out>): Promise<Out[]> {
  const results: Out[] = Array.from({ length: all.length });
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < all.length; index = next++) results[index] = await act(all[index]!);
  };
  await Promise.all(Array.from({ length: width }, work));
  return results;
}
