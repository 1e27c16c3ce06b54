import { posix } from 'node:path';
import { RequestMethod } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';
import { forwardedPrefix, pathOf, type DashboardRequest } from './request.js';

/** All that belongs to the page, its own path excepted. */
const PARTS = [
  [RequestMethod.GET, '/assets/version/name'],
  [RequestMethod.GET, '/state'],
  [RequestMethod.GET, '/events'],
  [RequestMethod.POST, '/actions'],
] as const;

/** Where the page is, for what it refers to. */
export interface PagePlace {
  /** The address below which the browser finds what belongs to the page, with a slash at its end. */
  readonly folder: string;
  /** What is wrong with the application's configuration, so that not all of it is found there. */
  readonly problem: string | undefined;
}

/**
 * Where a browser that has asked for the page finds what belongs to it. That is relative to the address of the page, so
 * that it is right behind proxies that put something in front of the path. Where a proxy takes a prefix off and says so,
 * it is an absolute path instead: of an address without a slash at its end, nobody but the proxy knows the last step.
 */
export function placeOfPage(request: DashboardRequest, config: ApplicationConfig): PagePlace {
  const path = pathOf(request);
  const { folder, problem } = inApplication(path.replace(/\/+$/, ''), config);
  const taken = forwardedPrefix(request.headers);
  const isRelative = path.endsWith('/') ? path !== '/' : `${path}/`.startsWith(`${taken}/`);
  if (taken !== '' && !isRelative) return { folder: taken + folder, problem };
  const steps = posix.relative(path.slice(0, path.lastIndexOf('/') + 1), folder);
  return { folder: steps === '' ? './' : `./${steps}/`, problem };
}

/** As the application itself knows it. `setGlobalPrefix()` may exclude the page, and leave what belongs to it behind. */
function inApplication(page: string, config: ApplicationConfig): PagePlace {
  const prefix = `/${config.getGlobalPrefix()}`.replaceAll(/\/+/g, '/').replace(/\/$/, '');
  const isPageExcluded = isExcluded(config, RequestMethod.GET, page || '/');
  const place = prefix === '' || isPageExcluded ? page : page.slice(prefix.length);
  const [assets, ...others] = PARTS.map(([method, part]) => isExcluded(config, method, place + part));
  const folder = `${assets === true ? '' : prefix}${place}/`;
  if (prefix === '' || others.every((other) => other === assets)) return { folder, problem: undefined };
  const problem =
    `setGlobalPrefix() excludes some of what the dashboard is made of, and not the rest, so its page does not work. ` +
    `Exclude ${JSON.stringify(`${place.slice(1)}/{*rest}`)} as well.`;
  return { folder, problem };
}

function isExcluded(config: ApplicationConfig, method: RequestMethod, path: string): boolean {
  const { exclude = [] } = config.getGlobalPrefixOptions();
  return exclude.some(
    ({ requestMethod, pathRegex }) =>
      (requestMethod === RequestMethod.ALL || requestMethod === method) && pathRegex.test(path),
  );
}
