/**
 * Reads a key page by page: what is there all the while is found, and may be found twice; what comes or goes meanwhile may
 * be found or not. A small key is one page, of one moment.
 *
 * @param read - reads the page at a cursor: the next cursor, '0' at the end, and what was found.
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
