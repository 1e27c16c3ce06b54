import type { FleetStatus } from '../fleet/status.js';
import { statusLine } from './status-line.js';
import { statusTable } from './status-table.js';

/** Where the fleet is shown. */
export interface Screen {
  /** Says something that happened: stays readable above what is redrawn. */
  log(line: string): void;
  /** Shows the fleet as it is now; called several times a second. */
  show(status: FleetStatus): void;
  /** Shows the fleet as it was at the end. */
  end(status: FleetStatus): void;
}

/** The part of a terminal or a file that a screen needs. */
export interface Output {
  readonly isTTY?: boolean;
  readonly rows?: number;
  readonly columns?: number;
  write(text: string): unknown;
}

export function screenFor(output: Output): Screen {
  return output.isTTY === true ? new LiveScreen(output) : new PlainScreen(output);
}

/** Redraws the table in place. */
export class LiveScreen implements Screen {
  /** Lines of the table that stand on the terminal now. */
  #drawn = 0;
  #table: readonly string[] = [];

  constructor(private readonly output: Output) {}

  log(line: string): void {
    this.output.write(`${this.#erase()}${line}\n`);
    this.#draw();
  }

  show(status: FleetStatus): void {
    this.#table = statusTable(status);
    this.#draw();
  }

  end(status: FleetStatus): void {
    this.show(status);
    this.#table = [];
    this.#drawn = 0;
  }

  #draw(): void {
    const { rows = 40, columns = 200 } = this.output;
    // A line that wraps, or a table higher than the terminal, could not be found again to be erased.
    const lines = this.#table.slice(0, rows - 1).map((line) => line.slice(0, columns - 1));
    this.output.write(this.#erase() + lines.map((line) => `${line}\n`).join(''));
    this.#drawn = lines.length;
  }

  /** Up to where the table begins, and clear from there. */
  #erase(): string {
    const up = this.#drawn === 0 ? '' : `\u001B[${this.#drawn}A`;
    this.#drawn = 0;
    return `${up}\r\u001B[J`;
  }
}

/** Adds a line every few seconds. */
export class PlainScreen implements Screen {
  #nextAt: number;

  constructor(
    private readonly output: Output,
    /** ms before the first line, and between lines. */
    private readonly interval = 3000,
  ) {
    this.#nextAt = interval;
  }

  log(line: string): void {
    this.output.write(`${line}\n`);
  }

  show(status: FleetStatus): void {
    if (status.elapsed < this.#nextAt) return;
    this.#nextAt = status.elapsed + this.interval;
    this.log(statusLine(status));
  }

  end(status: FleetStatus): void {
    for (const line of statusTable(status)) this.log(line);
  }
}
