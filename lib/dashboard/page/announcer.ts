import { button, element, setHidden, setText } from './dom.js';

/** ms that a message stays. */
const SHOWN = 8000;

/** Says what came of what the visitor did: seen, and read out. Nothing else is read out by itself. */
export class Announcer {
  readonly node: HTMLElement;
  readonly #good = element('p', { class: 'message good', role: 'status' });
  readonly #bad = element('p', { class: 'message bad', role: 'alert' });
  readonly #dismiss = button('Dismiss', () => this.#show('', ''), { hidden: true });
  #clearing: number | undefined;

  constructor() {
    this.node = element('div', { class: 'messages' }, this.#good, this.#bad, this.#dismiss);
  }

  say(text: string): void {
    this.#show(text, '');
    this.#clearing = window.setTimeout(() => setText(this.#good, ''), SHOWN);
  }

  /** Stays until something else is said, or it is dismissed. */
  complain(text: string): void {
    this.#show('', text);
  }

  #show(good: string, bad: string): void {
    window.clearTimeout(this.#clearing);
    setText(this.#good, good);
    setText(this.#bad, bad);
    setHidden(this.#dismiss, bad === '');
  }
}
