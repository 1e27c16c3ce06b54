import { ContextIdFactory, ModuleRef } from '@nestjs/core';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import type { Job, Slice, SliceResult } from '../recruiter/job.js';

/**
 * A job that is request-scoped or transient, itself or by what it depends on: each slice has an instance of its own.
 * Nest keeps the instances of a context in weak maps under the context's id, so they go when the slice lets go of it.
 * `@Inject(REQUEST)` gives such an instance its {@link Slice}.
 */
export class ScopedJob implements Job {
  constructor(
    private readonly wrapper: InstanceWrapper<object>,
    private readonly method: string | symbol,
  ) {}

  async recruited(slice: Slice): Promise<SliceResult> {
    const context = ContextIdFactory.create();
    const moduleRef = this.#moduleRef();
    moduleRef.registerRequestByContextId(slice, context);
    const instance = await moduleRef.resolve<Record<string | symbol, (slice: Slice) => SliceResult>>(
      this.wrapper.token as string,
      context,
    );
    return instance[this.method]!(slice);
  }

  #moduleRef(): ModuleRef {
    return this.wrapper.host?.providers.get(ModuleRef)?.instance as ModuleRef;
  }
}
