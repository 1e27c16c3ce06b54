import { Injectable, Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import { Recruiter } from '../recruiter/recruiter.js';
import { WorkStealingModule } from '../work-stealing.module.js';
import type { WorkStealingOptions } from '../work-stealing.options.js';
import { deterministic } from './deterministic.js';
import { MemoryCoordinator } from './memory-coordinator.js';

/** {@link WorkStealingModule} for unit tests, with the options of {@link deterministic}. */
@Module({})
export class WorkStealingTestingModule {
  /**
   * Imports `WorkStealingModule.forRoot` with the options of {@link deterministic}. A {@link MemoryCoordinator} coordinates
   * everything that no other module does, so that jobs with `every`, `lease` or `pace` need no server;
   * `app.get(MemoryCoordinator)` returns it. Invalid options stop the bootstrap with a `WorkStealingConfigError`.
   *
   * @param options - options that replace those of {@link deterministic}.
   * @param coordinator - a coordinator that several applications of a test share, like the processes of a fleet.
   */
  static forRoot(
    options: WorkStealingOptions = {},
    coordinator: MemoryCoordinator = new MemoryCoordinator(options.clock),
  ): DynamicModule {
    return {
      module: WorkStealingTestingModule,
      imports: [WorkStealingModule.forRoot(deterministic(options)), DiscoveryModule],
      providers: [{ provide: MemoryCoordinator, useValue: coordinator }, CoordinatorInstaller],
      exports: [MemoryCoordinator],
    };
  }
}

/** Sets the coordinator of the test as the fallback of every recruiter of the application, before the jobs are checked. */
@Injectable()
class CoordinatorInstaller implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly coordinator: MemoryCoordinator,
  ) {}

  onModuleInit(): void {
    const found = this.discovery.getProviders().map(({ instance }) => Recruiter.from(instance));
    for (const recruiter of new Set(found)) recruiter?.coordination.fallBackOn(this.coordinator);
  }
}
