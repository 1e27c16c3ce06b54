import { ContextIdFactory, ModuleRef, type ContextId } from '@nestjs/core';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import { Log } from '../logging/log.js';
import { describeValue } from '../options/describe-value.js';
import type { Job, Slice, SliceResult } from '../recruiter/job.js';

/**
 * A job that is request-scoped or transient, itself or by what it depends on: each slice has an instance of its own.
 * Nest keeps the instances of a context in weak maps under the context's id, so they go when the slice lets go of it.
 * `@Inject(REQUEST)` gives such an instance its {@link Slice}.
 *
 * A slice is to the application's `ContextIdStrategy` what a request is, so that durable providers outlive it.
 */
export class ScopedJob implements Job {
  #isStrategyKnownToFail = false;

  constructor(
    private readonly wrapper: InstanceWrapper<object>,
    private readonly method: string | symbol,
  ) {}

  async recruited(slice: Slice): Promise<SliceResult> {
    const context = this.#contextFor(slice);
    const moduleRef = this.#moduleRef();
    // What outlives the slice must not hold on to it: as for requests, it gets the payload of the strategy.
    const outlives = context.getParent !== undefined && this.wrapper.isDependencyTreeDurable();
    moduleRef.registerRequestByContextId(outlives ? context.payload : slice, context);
    const instance = await moduleRef.resolve<Record<string | symbol, (slice: Slice) => SliceResult>>(
      this.wrapper.token as string,
      context,
    );
    return instance[this.method]!(slice);
  }

  /** A strategy written for HTTP may fail for want of headers; the slice does without it then. */
  #contextFor(slice: Slice): ContextId & { payload?: unknown } {
    try {
      return ContextIdFactory.getByRequest(slice);
    } catch (error) {
      this.#warn(error, slice.jobId);
      return ContextIdFactory.create();
    }
  }

  #warn(error: unknown, jobId: string): void {
    if (this.#isStrategyKnownToFail) return;
    this.#isStrategyKnownToFail = true;
    new Log('WorkStealing').warn(
      `The ContextIdStrategy of the application threw for a slice of ${describeValue(jobId)}: ${describeValue(error)}. ` +
        'Its durable providers are made for each slice. Have attach() expect a slice too, which has a jobId and no headers.',
    );
  }

  #moduleRef(): ModuleRef {
    return this.wrapper.host?.providers.get(ModuleRef)?.instance as ModuleRef;
  }
}
