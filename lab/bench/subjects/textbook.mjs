/** The textbook way, as one writes it: a random number at every enlistment, and a walk along the rates. */
export class Textbook {
  constructor(rates) {
    this.jobs = rates.map((rate) => ({ rate, recruited() {} }));
  }

  enlistDetached() {
    const number = Math.random();
    let cumulative = 0;
    for (const job of this.jobs) {
      cumulative += job.rate;
      if (number < cumulative) {
        setImmediate(() => job.recruited());
        return;
      }
    }
  }
}

/** The least that a call can cost. */
export class Nothing {
  enlistDetached() {}
}

/** To see that an allocation would be seen. */
export class Allocating {
  enlistDetached() {
    this.last = { at: this.last };
    this.last.at = undefined;
  }
}
