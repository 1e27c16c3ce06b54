import 'reflect-metadata';
import { Enlist, Recruiter } from 'nestjs-work-stealing';
import { attachRecruiter } from '../../../lib/enlist/recruiter-slots.js';

class Films {
  async bare(): Promise<void> {
    throw new Error('bare');
  }
  @Enlist()
  async success(): Promise<void> {
    throw new Error('success');
  }
  @Enlist({ on: 'settled' })
  async settled(): Promise<void> {
    throw new Error('settled');
  }
  @Enlist({ on: 'settled', when: () => true })
  async when(): Promise<void> {
    throw new Error('when');
  }
  @Enlist({ on: 'settled', inline: true })
  async inline(): Promise<void> {
    throw new Error('inline');
  }
  @Enlist()
  carrying(): Promise<void> {
    return Object.assign(Promise.reject(new Error('carrying')), { id: 1 });
  }
}

const methods = ['bare', 'success', 'settled', 'when', 'inline', 'carrying'] as const;
const recruiter = new Recruiter();
recruiter.open();
const films = new Films();
attachRecruiter(films, () => recruiter);

let unhandled: string[] = [];
process.on('unhandledRejection', (error: Error) => unhandled.push(error.message));

async function reportedWhile(act: () => void): Promise<string[]> {
  unhandled = [];
  act();
  // Node reports after the microtasks of a turn.
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
  return unhandled.toSorted((a, b) => methods.indexOf(a as 'bare') - methods.indexOf(b as 'bare'));
}

const ignored = await reportedWhile(() => {
  for (const name of methods) void films[name]();
});
const handled = await reportedWhile(() => {
  for (const name of methods) films[name]().catch(() => undefined);
});
console.log(JSON.stringify({ ignored, handled }));
