import { ContextIdFactory, ModuleRef, type ContextId } from '@nestjs/core';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import { Log } from '../logging/log.js';
import { describeValue } from '../options/describe-value.js';
import type { Job, Slice, SliceResult } from '../recruiter/job.js';

/**
 * A job that is request-scoped or transient, itself or through its dependencies: each slice has a separate instance. Nest
 * keeps the instances of a context in weak maps by its ID, so they are collected after the slice. `@Inject(REQUEST)` injects
 * the {@link Slice} into such an instance.
 *
 * The application's `ContextIdStrategy` is called with the slice in place of a request, so that durable providers outlive it.
 */
export class ScopedJob implements Job {
  #isWarned = false;

  constructor(
    private readonly wrapper: InstanceWrapper<object>,
    private readonly method: string | symbol,
  ) {}

  async recruited(slice: Slice): Promise<SliceResult> {
    const context = this.#contextFor(slice);
    const moduleRef = this.#moduleRef();
    // An instance that outlives the slice must not reference it: as for requests, it gets the payload of the strategy.
    const outlives = context.getParent !== undefined && this.wrapper.isDependencyTreeDurable();
    moduleRef.registerRequestByContextId(outlives ? context.payload : slice, context);
    const instance = await moduleRef.resolve<Record<string | symbol, (slice: Slice) => SliceResult>>(
      this.wrapper.token as string,
      context,
    );
    return instance[this.method]!(slice);
  }

  /** A strategy for HTTP may fail since a slice has no headers; the slice then runs in a new context. */
  #contextFor(slice: Slice): ContextId & { payload?: unknown } {
    try {
      return ContextIdFactory.getByRequest(slice);
    } catch (error) {
      this.#warn(error, slice.jobId);
      return ContextIdFactory.create();
    }
  }

  #warn(error: unknown, jobId: string): void {
    if (this.#isWarned) return;
    this.#isWarned = true;
    new Log('WorkStealing').warn(
      `The ContextIdStrategy of the application threw for a slice of ${describeValue(jobId)}: ${describeValue(error)}. ` +
        'Its durable providers are created for each slice. Make attach() accept a slice too, which has a jobId and no headers.',
    );
  }

  #moduleRef(): ModuleRef {
    return this.wrapper.host?.providers.get(ModuleRef)?.instance as ModuleRef;
  }
}
