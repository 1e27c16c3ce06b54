/** Times the import of the package when all of Nest that it needs is loaded, as in an application. */
import 'reflect-metadata';
import '@nestjs/common';
import '@nestjs/core';
import 'rxjs';
import { cpuTime } from '../subjects/cpu-time.mjs';

const begun = cpuTime();
await import('nestjs-work-stealing');
console.log(JSON.stringify({ ms: cpuTime() - begun }));
