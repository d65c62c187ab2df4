/**
 * Waits for all of them and then, if any failed, throws the first failure in the order given. Unlike `Promise.all`
 * nothing goes on behind an answer that was already sent, where a renewed session could no longer reach the browser.
 */
export async function allSettled<Works extends readonly Promise<unknown>[]>(
  ...works: Works
): Promise<{ [Index in keyof Works]: Awaited<Works[Index]> }> {
  const results = await Promise.allSettled(works);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  return results.map(result => (result as PromiseFulfilledResult<unknown>).value) as never;
}
