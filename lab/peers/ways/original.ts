import {
  Injectable,
  Module,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { tap } from 'rxjs';
import { Chores } from '../work/chores.js';

@Injectable()
export class OriginalRecruiter implements NestInterceptor {
  private readonly jobs;
  private isBusy = false;

  constructor(chores: Chores) {
    this.jobs = [
      { rate: 0.01, slice: () => chores.expire() },
      { rate: 0.015, slice: () => chores.fold() },
      { rate: 0.01, slice: () => chores.backfill() },
    ];
  }

  intercept(_context: ExecutionContext, next: CallHandler) {
    return next.handle().pipe(tap({ complete: () => this.enlist() }));
  }

  private enlist() {
    const number = Math.random();
    let cumulative = 0;
    for (const { rate, slice } of this.jobs) {
      cumulative += rate;
      if (number > cumulative) continue;
      setImmediate(() => void this.recruit(slice));
      return;
    }
  }

  private async recruit(slice: () => Promise<unknown>) {
    if (this.isBusy) return;
    this.isBusy = true;
    try {
      await slice();
    } catch {
      // The next recruit tries again.
    } finally {
      this.isBusy = false;
    }
  }
}

@Module({ providers: [{ provide: APP_INTERCEPTOR, useClass: OriginalRecruiter }] })
export class OriginalWay {}
