import { connect } from 'node:net';

/**
 * A server as the clients of a benchmark see it: keep-alive connections, each with one request at a time, and nothing in
 * between. The clients of Node and of autocannon cost more than the servers that they are to measure.
 */
export class HttpTarget {
  idle = [];
  connections = new Set();
  waiting = [];

  /**
   * @param {number} port of 127.0.0.1
   * @param {number} [most] connections at most; requests beyond them wait, and their waiting counts
   */
  constructor(port, most = Infinity) {
    this.port = port;
    this.most = most;
  }

  /**
   * Sends a GET. Never throws.
   *
   * @param {string} path
   * @param {(status: number) => void} done hears the status, 0 when there was no answer
   */
  ask(path, done) {
    const connection =
      this.idle.pop() ?? (this.connections.size < this.most ? this.#connection() : undefined);
    if (connection === undefined) this.waiting.push([path, done]);
    else connection.ask(path, done);
  }

  close() {
    for (const connection of this.connections) connection.close();
  }

  #connection() {
    const connection = new Connection(this.port, {
      idle: () => {
        const next = this.waiting.shift();
        if (next === undefined) this.idle.push(connection);
        else connection.ask(...next);
      },
      gone: () => {
        this.connections.delete(connection);
        this.idle = this.idle.filter((each) => each !== connection);
      },
    });
    this.connections.add(connection);
    return connection;
  }
}

class Connection {
  #done;
  #head = '';
  #left = -1;
  #status = 0;

  constructor(port, { idle, gone }) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.setNoDelay(true);
    this.idle = idle;
    this.socket.on('data', (chunk) => this.#read(chunk));
    this.socket.on('error', () => {});
    this.socket.on('close', () => {
      gone();
      this.#answer(0);
    });
  }

  ask(path, done) {
    this.#done = done;
    this.socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
  }

  close() {
    this.socket.destroy();
  }

  #read(chunk) {
    if (this.#left < 0) {
      this.#head += chunk.latin1Slice();
      const end = this.#head.indexOf('\r\n\r\n');
      if (end < 0) return;
      const length = /\r\ncontent-length: (\d+)/i.exec(this.#head);
      if (length === null) throw new Error(`An answer without Content-Length: ${this.#head.slice(0, end)}`);
      this.#status = Number(this.#head.slice(9, 12));
      this.#left = Number(length[1]) - (this.#head.length - end - 4);
    } else this.#left -= chunk.length;
    if (this.#left > 0) return;
    this.#head = '';
    this.#left = -1;
    const status = this.#status;
    this.#answer(status);
    this.idle();
  }

  #answer(status) {
    const done = this.#done;
    this.#done = undefined;
    done?.(status);
  }
}
