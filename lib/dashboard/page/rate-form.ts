import type { SentJob } from '../wire.js';
import type { Context } from './actions.js';
import { button, element, freshId, setHidden, setText } from './dom.js';
import { rate } from './format.js';

/** Lower end of the slider, which is logarithmic since rates differ by orders of magnitude: power of ten. */
const MIN_POWER = -6;

/** Sets the rate of one job. */
export class RateForm {
  readonly node: HTMLFormElement;
  readonly #number: HTMLInputElement;
  readonly #slider: HTMLInputElement;
  readonly #reset: HTMLButtonElement;
  readonly #suggest: HTMLButtonElement;
  /** Whether the visitor has edited the rate but not set it: updates do not overwrite it then. */
  #isDirty = false;

  constructor(
    private readonly context: Context,
    private job: SentJob,
  ) {
    const id = freshId();
    this.#number = element('input', { id, type: 'number', attributes: { min: '0', max: '1', step: 'any' } });
    this.#number.required = true;
    const range = {
      min: String(MIN_POWER),
      max: '0',
      step: '0.01',
      'aria-label': 'Rate, by powers of ten',
    };
    this.#slider = element('input', { type: 'range', attributes: range });
    this.#reset = button('', () => void this.#resetRate());
    this.#suggest = button('', () => void this.#setRate(this.job.advice.suggested));
    const set = element('button', { type: 'submit', class: 'primary' }, 'Set rate');
    const label = element('label', { attributes: { for: id } }, 'Rate, 0 to 1');
    this.node = element('form', { class: 'rate-form' }, label, this.#number, this.#slider);
    this.node.append(set, this.#reset, this.#suggest);
    this.#listen();
  }

  update(job: SentJob): void {
    this.job = job;
    if (!this.#isDirty) this.#show(job.rate);
    setHidden(this.#reset, job.override === undefined);
    setText(this.#reset, job.isDefaultRate ? 'Reset to default' : 'Reset to declared');
    const { verdict, suggested } = job.advice;
    setHidden(this.#suggest, verdict === 'right' || verdict === 'unknown');
    setText(this.#suggest, `Set the suggested ${rate(suggested)}`);
  }

  focus(): void {
    this.#number.focus();
    this.#number.select();
  }

  #listen(): void {
    this.#number.addEventListener('input', () => {
      this.#isDirty = true;
      this.#slider.value = String(powerOf(this.#number.valueAsNumber));
    });
    this.#slider.addEventListener('input', () => {
      this.#isDirty = true;
      const power = this.#slider.valueAsNumber;
      this.#number.value = rate(power <= MIN_POWER ? 0 : Number((10 ** power).toPrecision(2)));
    });
    this.node.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#setRate(this.#number.valueAsNumber);
    });
  }

  #show(value: number): void {
    // Writing the same value would move the cursor.
    if (this.#number.value !== rate(value)) this.#number.value = rate(value);
    this.#slider.value = String(powerOf(value));
  }

  async #setRate(value: number): Promise<void> {
    const { recruiter, id } = this.job;
    const action = { action: 'set-rate', recruiter, id, rate: value } as const;
    const isDone = await this.context.actions.send(action, `The rate of ${id} is set to ${rate(value)}.`);
    if (isDone) this.#isDirty = false;
  }

  async #resetRate(): Promise<void> {
    const { recruiter, id, declaredRate, isDefaultRate } = this.job;
    const what = isDefaultRate ? 'default one' : `declared ${rate(declaredRate)}`;
    const done = `The rate of ${id} is the ${what} again.`;
    if (!(await this.context.actions.send({ action: 'reset-rate', recruiter, id }, done))) return;
    this.#isDirty = false;
    this.focus();
  }
}

function powerOf(value: number): number {
  return value > 0 ? Math.max(MIN_POWER, Math.log10(value)) : MIN_POWER;
}
