import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const docs = join(import.meta.dirname, '../../docs');

/** The files of alert rules that users take. */
export const ALERTS: string = join(docs, 'prometheus/alerts.yml');
/** Their tests, for promtool. */
export const ALERT_TESTS: string = join(docs, 'prometheus/alerts.test.yml');

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly datasource: { readonly type: string; readonly uid: string };
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets: readonly { readonly expr: string; readonly refId: string; readonly datasource: object }[];
}
export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly schemaVersion: number;
  readonly templating: { readonly list: readonly { readonly name: string; readonly type: string }[] };
  readonly panels: readonly Panel[];
}

/** The dashboard that users import. */
export async function readDashboard(): Promise<Dashboard> {
  return JSON.parse(await readFile(join(docs, 'grafana/work-stealing.json'), 'utf8')) as Dashboard;
}

/** As Grafana fills in what a dashboard leaves open, with all recruiters and all jobs chosen. */
export const filledIn = (expression: string) =>
  expression
    .replaceAll('$job_label', 'exported_job')
    .replaceAll(/\$(recruiter|job)\b/g, '.*')
    .replaceAll('$__rate_interval', '10s');

type Sample = { readonly metric: Readonly<Record<string, string>>; readonly value: [number, string] };

/** A Prometheus that answers expressions. */
interface Queried {
  query(expression: string): Promise<Sample[]>;
}

/** Queries of a dashboard's panels, as `title: expression`, that a Prometheus has no data for, however long it is asked. */
export async function emptyQueries(prometheus: Queried, { panels }: Dashboard): Promise<string[]> {
  const empty: string[] = [];
  for (const { title, targets } of panels) {
    for (const { expr } of targets) {
      const found = await answerOf(prometheus, filledIn(expr));
      if (found.length === 0) empty.push(`${title}: ${expr}`);
    }
  }
  return empty;
}

/** Two scrapes a second apart, on a machine that may stall for seconds: ms. */
const PATIENCE = 60_000;

/** Answers the vector of an expression as soon as it is not empty: Prometheus needs two scrapes for a rate. */
export async function answerOf(prometheus: Queried, expression: string): Promise<Sample[]> {
  for (const deadline = performance.now() + PATIENCE; performance.now() < deadline;) {
    const result = await prometheus.query(expression);
    if (result.some(({ value: [, value] }) => value !== 'NaN')) return result;
    await sleep(200);
  }
  return [];
}
