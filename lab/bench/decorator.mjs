import 'reflect-metadata';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Enlist, Recruiter, WorkStealingModule } from 'nestjs-work-stealing';
import { paired } from '../measure/paired.mjs';
import { row, times } from './table.mjs';
import { decorate } from './subjects/decorate.mjs';
import { awaitsOf } from './subjects/loops.mjs';

const cached = Promise.resolve(1);

class Bare {
  async hit() {
    const page = await cached;
    return page;
  }

  async constant() {
    return 1;
  }
}

class Decorated {
  async hit() {
    const page = await cached;
    return page;
  }

  async constant() {
    return 1;
  }
}
Injectable()(Decorated);
decorate(Decorated, 'hit', Enlist());
decorate(Decorated, 'constant', Enlist());

class App {}
Module({ imports: [WorkStealingModule.forRoot()], providers: [Bare, Decorated] })(App);

/** What `@Enlist()` adds to an async method, in instances that Nest has made. */
export async function rows(mode) {
  const app = await NestFactory.createApplicationContext(App, { logger: false });
  const recruiter = app.get(Recruiter);
  recruiter.install({ recruited() {} }, 'rare', 1e-13);
  const compare = async (method, what) => {
    const before = recruiter.enlistments;
    const decorated = awaitsOf(app.get(Decorated), method);
    const { ratio, nanoseconds } = await paired(decorated, awaitsOf(app.get(Bare), method), mode);
    if (recruiter.enlistments === before) throw new Error(`${method}() does not enlist`);
    const here = `+${nanoseconds.toFixed(0)} ns, ${times(ratio)}`;
    return row(what, 'at most +60 ns, 1.5 times', here, nanoseconds <= 60 && ratio <= 1.5);
  };
  const found = [
    await compare('hit', '`@Enlist()` on an async method that awaits a cache, dismissed, against it bare'),
    await compare('constant', 'the same for an async method that awaits nothing'),
  ];
  await app.close();
  return found;
}
