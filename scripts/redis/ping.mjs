import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until a server answers a PING, or `signal` aborts; rejects after `patience` ms. */
export async function ping(host, port, patience, signal) {
  const deadline = Date.now() + patience;
  while (!(await answers(host, port)) && !signal.aborted) {
    if (Date.now() > deadline)
      throw new Error(`No answer from a Redis server at ${host}:${port} in ${patience} ms`);
    await sleep(15);
  }
}

function answers(host, port) {
  return new Promise((resolve) => {
    const socket = connect(port, host, () => socket.write('PING\r\n'));
    const end = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(500, () => end(false));
    socket.once('data', (data) => end(data.toString().startsWith('+PONG')));
    socket.once('error', () => end(false));
  });
}
