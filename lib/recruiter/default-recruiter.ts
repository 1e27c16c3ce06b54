/** The name of the recruiter that `WorkStealingModule.forRoot` makes, and of any that is given none. */
export const DEFAULT_RECRUITER = 'default';
