import { BadRequestException, Injectable, type PipeTransform } from '@nestjs/common';

const DEFAULT = 20;
const MOST = 100;

/** How many results a visitor wants. */
@Injectable()
export class LimitPipe implements PipeTransform<unknown, number> {
  transform(value: unknown): number {
    if (value === undefined) return DEFAULT;
    const limit = typeof value === 'string' && value.trim() !== '' ? Number(value) : NaN;
    if (Number.isInteger(limit) && limit >= 1 && limit <= MOST) return limit;
    throw new BadRequestException(
      `limit is ${JSON.stringify(value)}; expected a whole number from 1 to ${MOST}`,
    );
  }
}
