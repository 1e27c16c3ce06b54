import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname } from 'node:path';

export function readCells(path) {
  if (!existsSync(path)) throw new Error(`There is no data in ${path}`);
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** Adds cells to the file, in place of earlier ones of the same platform, slice and utilization. */
export function addCells(path, cells) {
  const key = ({ platform, slice, utilization }) => [platform, slice, utilization].join(' ');
  const added = new Set(cells.map(key));
  const others = existsSync(path) ? readCells(path).cells.filter((cell) => !added.has(key(cell))) : [];
  const head = {
    machine: `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}`,
    node: process.version,
  };
  const lines = [...others, ...cells].map((cell) => `    ${JSON.stringify(cell)}`);
  mkdirSync(dirname(path), { recursive: true });
  // A line a cell: a change of one is a change of one line.
  writeFileSync(
    path,
    `${JSON.stringify(head, null, 2).slice(0, -2)},\n  "cells": [\n${lines.join(',\n')}\n  ]\n}\n`,
  );
}
