import { Controller, Get, Inject, Param } from '@nestjs/common';
import { EarlyRefreshCache } from 'nestjs-work-stealing/cache';
import { FleetService } from 'nestjs-work-stealing/fleet';
import { Fields, Members } from './chores.js';
import { monotonic } from './monotonic.js';
import { CACHED } from './names.js';

/** What models ask a worker for: all but the cache fails while Redis does. Answers are JSON. */
@Controller()
export class ProbesController {
  constructor(
    private readonly fields: Fields,
    private readonly members: Members,
    @Inject(EarlyRefreshCache) private readonly cache: EarlyRefreshCache,
    private readonly fleet: FleetService,
  ) {}

  @Get('fields/:hash/:field')
  async field(@Param('hash') hash: string, @Param('field') field: string): Promise<string> {
    return JSON.stringify(await this.fields.get(hash, field));
  }

  @Get('members/:member')
  async member(@Param('member') member: string): Promise<string> {
    return JSON.stringify((await this.members.has(member)) ? '' : null);
  }

  @Get('cached/:key')
  cached(@Param('key') key: string): Promise<{ madeAt: number }> {
    return this.cache.get(key, () => ({ madeAt: monotonic() }), CACHED);
  }

  @Get('steer/:rate')
  async steer(@Param('rate') rate: string): Promise<string> {
    await this.fleet.setRate({ id: 'pass' }, Number(rate), 'chaos');
    return 'true';
  }

  @Get('processes')
  async processes(): Promise<string> {
    return JSON.stringify((await this.fleet.processes()).length);
  }
}
