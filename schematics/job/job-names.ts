import { posix } from 'node:path';

/** Options that say what a job is called and where it goes. */
export interface JobPlace {
  /** What the job does, such as `expire-profiles`; may begin with folders. */
  readonly name: string;
  /** The folder to create it in, from the folder of the source. */
  readonly path?: string;
  /** The folder of the application's source. @default src */
  readonly sourceRoot?: string;
  /** Whether to do without a folder of its own. @default false */
  readonly flat?: boolean;
  /** What stands before `.ts` in the name of the spec. @default spec */
  readonly specFileSuffix?: string;
}

/** Names that follow from those options. Paths begin at the root of the project: `/src/…`. */
export interface JobNames {
  readonly className: string;
  readonly folder: string;
  readonly file: string;
  readonly spec: string;
}

/**
 * @throws Error when the name does not make a class name, or its folder is outside of the source
 */
export function jobNames(place: JobPlace): JobNames {
  const { name, path = '', sourceRoot = 'src', flat = false, specFileSuffix = 'spec' } = place;
  const { dir, base } = posix.parse(kebab(name.replaceAll('\\', '/')));
  const stem = base.replace(/[-.]job$/, '');
  const className = stem.replaceAll(/(?:^|[-_.])([a-z\d])/g, (_, first: string) => first.toUpperCase());
  if (!/^[A-Z][A-Za-z\d]*$/.test(className)) {
    throw new Error(`name is '${name}'; expected letters, digits and dashes, such as expire-profiles`);
  }
  const root = posix.resolve('/', sourceRoot);
  const folder = posix.join(root, kebab(path), dir, flat ? '' : stem).replace(/(?<=.)\/$/, '');
  if (folder !== root && !folder.startsWith(root === '/' ? '/' : `${root}/`)) {
    throw new Error(`the job would go to ${folder}, which is outside of ${root}`);
  }
  const file = `${folder}/${stem}.job.ts`;
  return { className, folder, file, spec: file.replace(/ts$/, `${specFileSuffix}.ts`) };
}

function kebab(text: string): string {
  return text
    .replaceAll(/([a-z\d])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replaceAll(/\s+/g, '-');
}
