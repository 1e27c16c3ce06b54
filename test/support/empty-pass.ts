import { CursorJob, type Page } from 'nestjs-work-stealing/redis';

/** A pass over nothing. */
export class EmptyPass extends CursorJob<string> {
  protected fetch(): Page<string> {
    return { items: [] };
  }
  protected process(): void {}
}
