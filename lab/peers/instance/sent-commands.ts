import { Redis } from 'ioredis';

let count = 0;

/** Counts what all clients of this process send from now on, BullMQ's own among them: they are all of this class. */
export function countSentCommands(): void {
  const { prototype } = Redis;
  const send = Object.getOwnPropertyDescriptor(prototype, 'sendCommand')!.value as Redis['sendCommand'];
  prototype.sendCommand = function counting(this: Redis, ...args) {
    count++;
    return send.apply(this, args);
  };
}

/** Commands sent so far. */
export function sentCommands(): number {
  return count;
}
