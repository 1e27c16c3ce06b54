/**
 * Reads a key page by page, with the guarantees of SCAN: an element that exists during the whole read is returned, maybe
 * twice; an element that is added or removed meanwhile may be missing. A small key is one page, and consistent.
 *
 * @param read - reads the page at a cursor; returns the next cursor, '0' at the end, and the elements.
 */
export async function readPages(read: (cursor: string) => Promise<unknown>, first = '0'): Promise<string[]> {
  const all: string[] = [];
  let cursor = first;
  do {
    const [next, found] = (await read(cursor)) as [string, string[]];
    for (const each of found) all.push(each);
    cursor = next;
  } while (cursor !== '0');
  return all;
}
