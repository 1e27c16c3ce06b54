import { posix } from 'node:path';
import { RequestMethod } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';
import { forwardedPrefix, pathOf, type DashboardRequest } from './request.js';

/** The routes of the page's files, data and writes, below its own path. */
const PARTS = [
  [RequestMethod.GET, '/assets/version/name'],
  [RequestMethod.GET, '/state'],
  [RequestMethod.GET, '/events'],
  [RequestMethod.POST, '/actions'],
] as const;

/** Where the browser finds the routes of the page. */
export interface PagePlace {
  /** URL of the folder of these routes, with a slash at its end. */
  readonly folder: string;
  /** Why some routes are elsewhere: a problem in the application's configuration; undefined if there is none. */
  readonly problem: string | undefined;
}

/**
 * Returns where the browser finds the routes of a requested page. The URL is relative to that of the page, so that it is
 * also valid behind proxies that add a prefix. If a proxy states that it has removed a prefix, it is an absolute path
 * instead, since the last segment of a URL without a slash at its end is known only to the proxy.
 */
export function placeOfPage(request: DashboardRequest, config: ApplicationConfig): PagePlace {
  const path = pathOf(request);
  const { folder, problem } = inApplication(path.replace(/\/+$/, ''), config);
  const taken = forwardedPrefix(request.headers);
  const isRelative = path.endsWith('/') ? path !== '/' : `${path}/`.startsWith(`${taken}/`);
  if (taken !== '' && !isRelative) return { folder: taken + folder, problem };
  const relative = posix.relative(path.slice(0, path.lastIndexOf('/') + 1), folder);
  return { folder: relative === '' ? './' : `./${relative}/`, problem };
}

/** The place by the application's own routes: `setGlobalPrefix()` may exclude the page but not its other routes. */
function inApplication(page: string, config: ApplicationConfig): PagePlace {
  const prefix = `/${config.getGlobalPrefix()}`.replaceAll(/\/+/g, '/').replace(/\/$/, '');
  const isPageExcluded = isExcluded(config, RequestMethod.GET, page || '/');
  const place = prefix === '' || isPageExcluded ? page : page.slice(prefix.length);
  const [assets, ...others] = PARTS.map(([method, part]) => isExcluded(config, method, place + part));
  const folder = `${assets === true ? '' : prefix}${place}/`;
  if (prefix === '' || others.every((other) => other === assets)) return { folder, problem: undefined };
  const problem =
    `setGlobalPrefix() excludes some routes of the dashboard, but not all, so its page does not work. ` +
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
