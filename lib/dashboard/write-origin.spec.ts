import { describe, expect, it } from '@jest/globals';
import { writeOriginProblem } from './write-origin.js';

const OURS = { 'x-work-stealing': '1', 'content-type': 'application/json' };

describe('A write whose browser tells its origin only', () => {
  it.each<[string, string, Record<string, string>]>([
    ['the same host', 'https://ops.example', { host: 'ops.example' }],
    ['in other letters', 'https://ops.example', { host: 'OPS.Example' }],
    ['a port of its own', 'http://localhost:3000', { host: 'localhost:3000' }],
    ['a default port in Host', 'https://ops.example', { host: 'ops.example:443' }],
    ['the port of a proxy behind TLS', 'https://ops.example', { host: 'ops.example:80' }],
    ['an IPv6 address', 'http://[::1]:3000', { host: '[::1]:3000' }],
    ['HTTP/2', 'https://ops.example', { ':authority': 'ops.example' }],
    ['X-Forwarded-Host', 'https://ops.example', { host: 'inner:3000', 'x-forwarded-host': 'ops.example' }],
    ['with a default port', 'https://ops.example', { host: 'inner', 'x-forwarded-host': 'ops.example:443' }],
    ['with a port', 'https://ops.example:8443', { host: 'inner', 'x-forwarded-host': 'ops.example:8443' }],
    [
      'a list of them',
      'https://ops.example',
      { host: 'inner', 'x-forwarded-host': 'ops.example, middle:80' },
    ],
    [
      'X-Forwarded-Port',
      'https://ops.example:8443',
      { host: 'inner:3000', 'x-forwarded-host': 'ops.example', 'x-forwarded-port': '8443' },
    ],
    [
      'X-Forwarded-Port alone',
      'https://ops.example:8443',
      { host: 'ops.example', 'x-forwarded-port': '8443' },
    ],
    ['a list of ports', 'https://ops.example:8443', { host: 'ops.example', 'x-forwarded-port': '8443,443' }],
    [
      'Forwarded',
      'https://ops.example',
      { host: 'inner', forwarded: 'for=1.2.3.4;host="ops.example";proto=https' },
    ],
  ])('is accepted: %s', (_what, origin, headers) => {
    expect(writeOriginProblem({ ...OURS, ...headers, origin })).toBeUndefined();
  });

  it.each<[string, string, Record<string, string>]>([
    ['another host', 'https://evil.example', { host: 'ops.example' }],
    ['another port', 'https://ops.example:8443', { host: 'ops.example' }],
    [
      'another port than a proxy tells',
      'https://ops.example:1',
      { host: 'ops.example', 'x-forwarded-port': '2' },
    ],
    ['a host that begins alike', 'https://ops.example.evil', { host: 'ops.example' }],
    ['a host that ends alike', 'https://evil-ops.example', { host: 'ops.example:443' }],
    ['none', 'null', { host: 'null' }],
    ['no URL', 'ops.example', { host: 'ops.example' }],
    ['a host that is none', 'https://evil.example', { host: 'ops.example@evil.example' }],
    [
      'a list without it',
      'https://evil.example',
      { host: 'inner', 'x-forwarded-host': 'ops.example,, middle' },
    ],
    ['empty headers', 'https://evil.example', { host: '', 'x-forwarded-host': '', forwarded: 'host=' }],
  ])('is refused: %s', (_what, origin, headers) => {
    expect(writeOriginProblem({ ...OURS, ...headers, origin })).toBe('its Origin is another host');
  });
});
