import { poisson } from '../../measure/traffic/open-loop.mjs';
import { HttpServer } from './http-server.mjs';
import { median } from '../../measure/paired.mjs';

/**
 * Decorated against bare for one platform and one kind of slice, at each utilization: a figure for each pair of servers.
 *
 * What V8 makes of one process differs from the next by as much as is looked for, so it is pairs of servers that are
 * independent, not rounds on the same pair: what a pair says is the median of its rounds.
 *
 * @returns {Promise<object[]>} `{ utilization, rate, slices, p50, p99, cpu, p99Added }`; p50, p99 and cpu are ratios, p99Added
 * is in ms, each a list with one value a pair of servers
 */
export async function measure(platform, slice, { servers, rounds, seconds, warmUp, utilizations }) {
  const cells = utilizations.map((utilization) => ({ utilization, pairs: [] }));
  for (let pair = 0; pair < servers; pair++) {
    const [bare, decorated] = await Promise.all(
      ['bare', 'decorated'].map((variant) => HttpServer.start(platform, variant, slice)),
    );
    try {
      await decorated.capacity(warmUp);
      const capacity = await bare.capacity(warmUp);
      for (const cell of cells) {
        const rate = cell.utilization * capacity;
        cell.pairs.push(
          await comparePair({ bare, decorated, rate, rounds, seconds, isSwapped: pair % 2 === 1 }),
        );
      }
      if ((await decorated.figures()).enlistments === 0)
        throw new Error('The decorated handler does not enlist');
    } finally {
      bare.stop();
      decorated.stop();
    }
  }
  return cells.map(({ utilization, pairs }) => cellOf(utilization, pairs));
}

async function comparePair({ bare, decorated, rate, rounds, seconds, isSwapped }) {
  const results = [];
  for (let round = 0; round < rounds; round++) {
    const arrivals = poisson(Math.random, seconds * 1000, () => rate, rate);
    const order = (round % 2 === 0) === isSwapped ? [decorated, bare] : [bare, decorated];
    const found = new Map();
    for (const server of order) found.set(server, await server.serve(arrivals));
    results.push({ bare: found.get(bare), decorated: found.get(decorated) });
  }
  const over = (figure) => median(results.map(figure));
  const ratio = (figure) => over((each) => each.decorated[figure] / each.bare[figure]);
  return {
    rate,
    slices: over((each) => each.decorated.slices),
    bareP99: over((each) => each.bare.p99),
    p99Added: over((each) => each.decorated.p99 - each.bare.p99),
    p50: ratio('p50'),
    p99: ratio('p99'),
    cpu: ratio('cpu'),
  };
}

function cellOf(utilization, pairs) {
  const of = (figure) => pairs.map((pair) => Number(pair[figure].toPrecision(5)));
  const figures = ['p50', 'p99', 'cpu', 'p99Added', 'bareP99', 'rate', 'slices'];
  return { utilization, ...Object.fromEntries(figures.map((figure) => [figure, of(figure)])) };
}
