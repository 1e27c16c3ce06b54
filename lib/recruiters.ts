import { Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { isInstance } from './recruiter/try-read.js';
import { describeValue } from './options/describe-value.js';
import { WorkStealingConfigError } from './options/errors.js';
import type { Recruiter } from './recruiter/recruiter.js';
import { RecruiterHost } from './recruiter-host.js';

/** All recruiters of one application. Inject it to read or control all of them. */
@Injectable()
export class Recruiters implements Iterable<Recruiter> {
  constructor(private readonly discovery: DiscoveryService) {}

  /** All recruiters, the default one first. */
  get all(): readonly Recruiter[] {
    return hostsOf(this.discovery).map(({ recruiter }) => recruiter);
  }

  /**
   * Returns the recruiter with this name.
   *
   * @throws WorkStealingConfigError when there is none.
   */
  get(name: string): Recruiter {
    const found = this.all.find((recruiter) => recruiter.name === name);
    if (found !== undefined) return found;
    const known = this.all.map((recruiter) => `"${recruiter.name}"`).join(', ');
    throw new WorkStealingConfigError(`There is no recruiter ${describeValue(name)}; known are ${known}.`);
  }

  /** Iterates over {@link all}. */
  [Symbol.iterator](): Iterator<Recruiter> {
    return this.all[Symbol.iterator]();
  }
}

/** The hosts of all recruiters of one application, the default one first. */
export function hostsOf(discovery: DiscoveryService): RecruiterHost[] {
  return discovery
    .getProviders()
    .filter((wrapper) => !wrapper.isAlias && isInstance(wrapper.instance, RecruiterHost))
    .map((wrapper) => wrapper.instance as RecruiterHost)
    .sort((a, b) => Number(b.isDefault) - Number(a.isDefault));
}
