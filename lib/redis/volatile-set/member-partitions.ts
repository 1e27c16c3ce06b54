import type { RedisLike } from '../connection/client.js';
import { partitionOf, tagOf } from '../partitions/partitions.js';
import { runScript } from '../lua/script.js';

/** Changes with the layout of keys or values. */
const LAYOUT = 'vs1';

/** Members of one page, roughly: a longer script would hold the server for more than a millisecond. */
const PAGE = 200;

type MemberScript = 'volatile-set-add' | 'volatile-set-touch' | 'volatile-set-ttl' | 'volatile-set-remove';
type PartitionScript = 'volatile-set-size' | 'volatile-set-overdue';

/** The reply of a script in one partition, and the members that were its arguments. */
interface PartitionReply {
  readonly members: readonly string[];
  readonly reply: unknown;
}

/** The partitions of a volatile set, each a sorted set of members by due time with a hash tag of its own. */
export class MemberPartitions {
  constructor(
    private readonly client: RedisLike,
    private readonly prefix: string,
    private readonly name: string,
    readonly count: number,
  ) {}

  key(partition: number): string {
    return `${this.prefix}:${tagOf(this.name, partition)}:${LAYOUT}:members`;
  }

  /** Runs a script in each partition that some of the members belong to, all at once, each with its own. */
  runFor(
    script: MemberScript,
    members: readonly string[],
    args: readonly (string | number)[] = [],
  ): Promise<PartitionReply[]> {
    return Promise.all(
      [...this.#byPartition(members)].map(async ([partition, group]) => ({
        members: group,
        reply: await runScript(this.client, script, [this.key(partition)], [...args, ...group]),
      })),
    );
  }

  /** Runs a script in every partition, all at once. */
  runInAll(script: PartitionScript): Promise<number[]> {
    return Promise.all(
      this.#all().map(async (partition) =>
        Number(await runScript(this.client, script, [this.key(partition)])),
      ),
    );
  }

  /** Page by page, all partitions at once. */
  async readAll(): Promise<string[]> {
    const members = await Promise.all(this.#all().map((partition) => this.#read(this.key(partition))));
    return members.flat();
  }

  async #read(key: string): Promise<string[]> {
    // A page may repeat what an earlier one had, when the table grows meanwhile.
    const found = new Set<string>();
    let next = '0';
    do {
      const page = await runScript(this.client, 'volatile-set-scan', [key], [next, PAGE]);
      const [cursor, ...members] = page as [string, ...string[]];
      for (const member of members) found.add(member);
      next = cursor;
    } while (next !== '0');
    return [...found];
  }

  #byPartition(members: readonly string[]): Map<number, string[]> {
    const groups = new Map<number, string[]>();
    for (const member of new Set(members)) {
      const partition = partitionOf(member, this.count);
      groups.set(partition, [...(groups.get(partition) ?? []), member]);
    }
    return groups;
  }

  #all(): number[] {
    return Array.from({ length: this.count }, (_, partition) => partition);
  }
}
