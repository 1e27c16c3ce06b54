import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits until the server with this process id answers a PING, or `signal` aborts; rejects after `patience` ms. Another
 * that was faster to take the port is not the one.
 */
export async function ping(host, port, pid, patience, signal) {
  const deadline = Date.now() + patience;
  while (!(await answers(host, port, pid)) && !signal.aborted) {
    if (Date.now() > deadline)
      throw new Error(`No answer from a Redis server at ${host}:${port} in ${patience} ms`);
    await sleep(15);
  }
}

function answers(host, port, pid) {
  return new Promise((resolve) => {
    const socket = connect(port, host, () => socket.write('PING\r\nINFO server\r\n'));
    let said = '';
    const end = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(500, () => end(false));
    socket.on('data', (data) => {
      said += data.toString();
      if (said.length >= 5 && !said.startsWith('+PONG')) return end(false);
      const [, found] = /^process_id:(\d+)\r/m.exec(said) ?? [];
      if (found !== undefined) end(Number(found) === pid);
    });
    socket.once('error', () => end(false));
    socket.once('close', () => end(false));
  });
}
