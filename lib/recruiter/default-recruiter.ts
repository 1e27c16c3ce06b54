/** Name of the recruiter that `WorkStealingModule.forRoot` creates, and the default of every parameter that names one. */
export const DEFAULT_RECRUITER = 'default';
