import { Controller, Get, Param } from '@nestjs/common';
import { Enlist } from '../../lib/index.js';

const answer = (id: string) => ({ id, hit: Number(id) % 10 < 8 });

/** The same answer with and without enlisting: what slices cost requests shows between the two. */
@Controller()
export class PagesController {
  @Get('bare/:id')
  bare(@Param('id') id: string) {
    return answer(id);
  }

  @Get('page/:id')
  @Enlist({ when: (page: { hit: boolean }) => page.hit })
  page(@Param('id') id: string) {
    return answer(id);
  }
}
