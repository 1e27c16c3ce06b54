import { button, element, setHidden, setText } from './dom.js';

/** How long a message is shown. */
const SHOWN_MS = 8000;

/** Shows the results of the visitor's actions, which screen readers read out; nothing else is read out by itself. */
export class Announcer {
  readonly node: HTMLElement;
  readonly #good = element('p', { class: 'message good', role: 'status' });
  readonly #bad = element('p', { class: 'message bad', role: 'alert' });
  readonly #dismiss = button('Dismiss', () => this.#show('', ''), { hidden: true });
  #clearing: number | undefined;

  constructor() {
    this.node = element('div', { class: 'messages' }, this.#good, this.#bad, this.#dismiss);
  }

  say(message: string): void {
    this.#show(message, '');
    this.#clearing = window.setTimeout(() => setText(this.#good, ''), SHOWN_MS);
  }

  /** Stays until the next message, or until it is dismissed. */
  complain(message: string): void {
    this.#show('', message);
  }

  #show(good: string, bad: string): void {
    window.clearTimeout(this.#clearing);
    setText(this.#good, good);
    setText(this.#bad, bad);
    setHidden(this.#dismiss, bad === '');
  }
}
