import type { Connection, Refusal } from './feed.js';
import type { Store } from './store.js';
import { element, foreign, setAttribute, setHidden, setText } from './dom.js';
import { count, perSecond, time } from './format.js';

const CONNECTIONS: Readonly<Record<Connection, string>> = {
  connecting: 'Connecting …',
  live: 'Live',
  polling: 'Live, polling every two seconds',
  slowed: 'Too many requests; polling less often …',
  lost: 'The server does not answer; trying again …',
  refused: 'You no longer have access. Sign in and reload the page.',
};

const REFUSALS: Readonly<Record<Refusal, string>> = {
  'signed-out': 'You are signed out. Sign in and reload the page.',
  'not-allowed': 'You no longer have access. Ask an administrator of this application.',
};

const FIGURES = ['Processes', 'Jobs', 'Enlistments/s', 'Slices/s', 'Items/s', 'In flight'] as const;

/** Title, state of the connection, permissions, and the fleet in six figures. */
export class Header {
  readonly node: HTMLElement;
  readonly #connection = element('p', { class: 'connection', role: 'status' }, CONNECTIONS.connecting);
  readonly #scope = element('p', { class: 'note' });
  readonly #problem = element('p', { class: 'message bad', role: 'alert', hidden: true });
  readonly #figures = FIGURES.map(() => element('dd', {}, '–'));

  constructor() {
    const cards = FIGURES.map((name, index) =>
      element('div', {}, element('dt', {}, name), this.#figures[index]!),
    );
    const name = element('h1', {}, 'Work stealing');
    const title = element('div', { class: 'title' }, name, this.#connection, this.#scope);
    const figures = element('dl', { class: 'cards' }, ...cards);
    this.node = element('header', {}, title, this.#problem, figures);
  }

  connection(connection: Connection, why?: Refusal): void {
    setText(this.#connection, why === undefined ? CONNECTIONS[connection] : REFUSALS[why]);
    setAttribute(this.#connection, 'data-state', connection);
  }

  update({ latest, jobs, viewer }: Store): void {
    if (latest === undefined) return;
    const { totals, scope, problem } = latest;
    const shown = scope === 'fleet' ? 'The whole fleet' : 'This process alone';
    const may = viewer.by === null ? 'read only' : `signed in as ${viewer.by} (can edit)`;
    if (this.#scope.childElementCount === 0) this.#scope.append(foreign(''));
    setText(this.#scope.firstElementChild!, `${shown}, ${may}`);
    setHidden(this.#problem, problem === null);
    setText(
      this.#problem,
      problem === null ? '' : `As of ${time(new Date(latest.at).toISOString())}: ${problem}`,
    );
    const sum = (figure: 'slicesPerSecond' | 'itemsPerSecond') =>
      jobs.reduce((total, job) => total + job[figure], 0);
    const texts = [
      count(totals.processes),
      count(jobs.length),
      perSecond(totals.enlistmentsPerSecond),
      perSecond(sum('slicesPerSecond')),
      perSecond(sum('itemsPerSecond')),
      count(totals.inFlight),
    ];
    this.#figures.forEach((figure, index) => setText(figure, texts[index]!));
  }
}
