import { Controller, Get, Param } from '@nestjs/common';
import { Enlist } from 'nestjs-work-stealing';

/** A page that needs nothing but this process: what slices and Redis cost it shows at once. */
@Controller()
export class PagesController {
  @Get('page/:id')
  @Enlist({ when: (page: { hit: boolean }) => page.hit })
  page(@Param('id') id: string) {
    return { id, hit: Number(id) % 10 < 8 };
  }
}
