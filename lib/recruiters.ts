import { Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { isInstance } from './recruiter/try-read.js';
import { describeValue } from './options/describe-value.js';
import { WorkStealingConfigError } from './options/errors.js';
import type { Recruiter } from './recruiter/recruiter.js';
import { RecruiterHost } from './recruiter-host.js';

/** All recruiters of one application, for what looks at them or steers them as a whole. */
@Injectable()
export class Recruiters implements Iterable<Recruiter> {
  constructor(private readonly discovery: DiscoveryService) {}

  /** The default one first. */
  get all(): readonly Recruiter[] {
    return hostsOf(this.discovery).map(({ recruiter }) => recruiter);
  }

  /**
   * The one of that name.
   *
   * @throws WorkStealingConfigError when there is none.
   */
  get(name: string): Recruiter {
    const found = this.all.find((recruiter) => recruiter.name === name);
    if (found !== undefined) return found;
    const known = this.all.map((recruiter) => `"${recruiter.name}"`).join(', ');
    throw new WorkStealingConfigError(`There is no recruiter ${describeValue(name)}; known are ${known}.`);
  }

  /** Those that are there now. */
  [Symbol.iterator](): Iterator<Recruiter> {
    return this.all[Symbol.iterator]();
  }
}

/** The recruiters of one application with what they were made from, the default one first. */
export function hostsOf(discovery: DiscoveryService): RecruiterHost[] {
  return discovery
    .getProviders()
    .filter((wrapper) => !wrapper.isAlias && isInstance(wrapper.instance, RecruiterHost))
    .map((wrapper) => wrapper.instance as RecruiterHost)
    .sort((a, b) => Number(b.isDefault) - Number(a.isDefault));
}
