import { Module } from '@nestjs/common';

/** No background work at all: what the others are measured against. */
@Module({})
export class NoWay {}
