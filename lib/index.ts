export * from './recruiter/index.js';
