/** glibc's pthread_mutex_t, in a C program of its own that runs the same loop. */
import type { Contender } from '../contender.ts'
import { PthreadCrew, pthreadUnavailable } from '../pthread_crew.ts'

export const contender: Contender = {
  name: 'pthread_mutex (C)',
  optional: true,
  unavailable: () => Promise.resolve(pthreadUnavailable()),
  crew: () => PthreadCrew.start(),
  bind: () => Promise.reject(new Error('pthread_mutex runs in a program of its own')),
}
