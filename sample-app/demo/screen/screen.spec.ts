import { describe, expect, it } from '@jest/globals';
import { fleetStatus } from '../fleet/fleet-status.fixture.js';
import { LiveScreen, PlainScreen, screenFor, type Output } from './screen.js';
import { statusTable } from './status-table.js';

const TABLE = statusTable(fleetStatus());

function output(size: Omit<Output, 'write'> = {}): Output & { text: string } {
  return {
    ...size,
    text: '',
    write(text: string) {
      this.text += text;
    },
  };
}

/** What stands on a terminal after this output: cursor up, clear below, carriage return and line feed are all we use. */
function onTerminal(text: string): string[] {
  const lines: string[] = [];
  let row = 0;
  // eslint-disable-next-line no-control-regex -- control characters are what is tested
  for (const [, up, clear, line] of text.matchAll(/\u001B\[(\d+)A|\r?(\u001B\[J)|([^\u001B\r\n]*\n)/g)) {
    if (up !== undefined) row -= Number(up);
    else if (clear !== undefined) lines.length = row;
    else lines[row++] = line!.slice(0, -1);
  }
  return lines;
}

describe('LiveScreen', () => {
  it('redraws the table in place', () => {
    const terminal = output();
    const screen = new LiveScreen(terminal);
    screen.show(fleetStatus({ elapsed: 1000 }));
    screen.show(fleetStatus());
    expect(onTerminal(terminal.text)).toEqual(TABLE);
  });

  it('keeps what is logged above the table', () => {
    const terminal = output();
    const screen = new LiveScreen(terminal);
    screen.log('before the table');
    screen.show(fleetStatus());
    screen.log('worker 2 ended');
    expect(onTerminal(terminal.text)).toEqual(['before the table', 'worker 2 ended', ...TABLE]);
  });

  it('logs below the table once that is final', () => {
    const terminal = output();
    const screen = new LiveScreen(terminal);
    screen.show(fleetStatus({ elapsed: 1000 }));
    screen.end(fleetStatus());
    screen.log('summary written');
    expect(onTerminal(terminal.text)).toEqual([...TABLE, 'summary written']);
  });

  it('draws no more than fits, so that it can be erased', () => {
    const terminal = output({ rows: 5, columns: 20 });
    new LiveScreen(terminal).show(fleetStatus());
    expect(onTerminal(terminal.text)).toEqual(TABLE.slice(0, 4).map((line) => line.slice(0, 19)));
  });
});

describe('PlainScreen', () => {
  it('adds a line every few seconds of the run, without control characters', () => {
    const file = output();
    const screen = new PlainScreen(file, 3000);
    for (let elapsed = 0; elapsed <= 9000; elapsed += 500) screen.show(fleetStatus({ elapsed }));
    const lines = file.text.trimEnd().split('\n');
    expect(lines.map((line) => line.split(' · ')[0])).toEqual(['3.0 s', '6.0 s', '9.0 s']);
    expect(file.text).not.toContain('\u001B');
  });

  it('ends with the whole table', () => {
    const file = output();
    new PlainScreen(file).end(fleetStatus());
    expect(file.text.trimEnd().split('\n')).toEqual(TABLE);
  });
});

describe('screenFor', () => {
  it('redraws on a terminal only', () => {
    expect(screenFor(output({ isTTY: true }))).toBeInstanceOf(LiveScreen);
    expect(screenFor(output())).toBeInstanceOf(PlainScreen);
  });
});
