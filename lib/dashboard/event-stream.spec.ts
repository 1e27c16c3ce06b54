import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Subject } from 'rxjs';
import { systemClock, type Clock } from '../time/clock.js';
import { ManualClock } from '../testing/index.js';
import { EventStream } from './event-stream.js';
import type { MonitorEvent } from './fleet-monitor.js';

const MEGABYTE = 'x'.repeat(1 << 20);

let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** One viewer of one stream, over real sockets. */
async function open(clock: Required<Clock> = systemClock) {
  const events = new Subject<MonitorEvent>();
  const snapshot = () => ({ type: 'snapshot', data: '"all anew"' }) as const;
  let stream!: EventStream;
  let response!: ServerResponse;
  server = createServer((_request, made) => {
    response = made;
    stream = new EventStream(made, snapshot, clock);
    stream.start('"ann"', events);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const call = get({ host: '127.0.0.1', port, agent: false });
  const [answer] = (await once(call, 'response')) as [IncomingMessage];
  let text = '';
  answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  answer.on('error', () => undefined);
  const heard = async (isIt: (all: string) => boolean) => {
    while (!isIt(text)) await pause(5);
    return text;
  };
  await heard((all) => all.includes('ann'));
  return { events, stream, response, answer, heard };
}

describe('EventStream', () => {
  it('says who the viewer is, then what comes, and ends with the events', async () => {
    const { events, answer, heard } = await open();
    events.next({ type: 'snapshot', data: '1' });
    events.next({ type: 'update', data: '2' });
    const ended = once(answer, 'end');
    events.complete();
    await ended;
    expect(await heard(() => true)).toBe(
      'retry: 1000\nevent: viewer\ndata: "ann"\n\nevent: snapshot\ndata: 1\n\nevent: update\ndata: 2\n\n',
    );
  });

  it('holds no more than one event for a viewer that does not read, and begins anew when it reads on', async () => {
    const { events, response, answer, heard } = await open();
    answer.pause();
    for (let count = 0; count < 100; count++) {
      events.next({ type: 'update', data: `"${count} ${MEGABYTE}"` });
      expect(response.writableLength).toBeLessThan(3 << 20);
      await pause(1);
    }
    answer.resume();
    const text = await heard((all) => all.includes('all anew'));
    expect(text.length).toBeLessThan(50 << 20);
    // It takes no part in the stream as it was: updates that follow one that is missing would be wrong.
    const numbers = [...text.matchAll(/^data: "(\d+) /gm)].map(([, number]) => Number(number));
    expect(numbers.every((number, index) => index === 0 || number === numbers[index - 1]! + 1)).toBe(true);
    events.next({ type: 'update', data: '"after"' });
    expect((await heard((all) => all.includes('after'))).endsWith('data: "after"\n\n')).toBe(true);
  });

  it('gives a sign of life every 15 s, which is no event', async () => {
    const clock = new ManualClock();
    const { heard } = await open(clock);
    for (let beat = 1; beat <= 3; beat++) {
      clock.advance(15_000);
      const text = await heard((all) => all.split(':\n\n').length === beat + 1);
      expect(text.match(/^event: /gm)).toHaveLength(1);
    }
  });

  it('ends after five minutes, and lets go of a viewer that does not take the end', async () => {
    const clock = new ManualClock();
    const { events, response, answer } = await open(clock);
    answer.pause();
    for (let count = 0; count < 100; count++) {
      events.next({ type: 'update', data: MEGABYTE });
      await pause(1);
    }
    const closed = once(response, 'close');
    clock.advance(300_000);
    await closed;
    expect(response.writableFinished).toBe(false);
    expect([events.observed, clock.pending]).toEqual([false, 0]);
  });

  it('keeps nothing of a viewer that has left', async () => {
    const clock = new ManualClock();
    const { events, response, answer } = await open(clock);
    const closed = once(response, 'close');
    answer.destroy();
    await closed;
    expect([events.observed, clock.pending]).toEqual([false, 0]);
  });
});
