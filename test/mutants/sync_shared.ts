/** Mistakes in locks with readers: rw_semaphore, percpu_rw_semaphore, seqlock, SRCU. */
import type { Mutant } from './mutant.ts'
import { explore } from './oracles.ts'

const RW_SLOW = 'src/sync/rw_slow.ts'

export const shared: readonly Mutant[] = [
  {
    name: 'rwsem-grant-without-phase',
    file: RW_SLOW,
    find: 'const flip = granted > 0 ? PHASE : 0',
    replace: 'const flip = granted > 1 ? PHASE : 0',
    breaks: 'A single waiting reader is counted in and never learns of it.',
    oracle: explore('rwsem'),
  },
  {
    name: 'rwsem-downgrade-is-unlock',
    file: RW_SLOW,
    find: '  end_writing(sem, READER)',
    replace: '  end_writing(sem, 0)',
    breaks: 'A writer that downgrades while others wait is not counted as a reader.',
    oracle: explore('rwsem-downgrade'),
  },
  {
    name: 'rwsem-reader-reads-grants-late',
    file: RW_SLOW,
    find: '    const grants = READ_ONCE(sem + GRANTS)\n    const seen = READ_ONCE(sem)',
    replace: '    const seen = READ_ONCE(sem)\n    const grants = READ_ONCE(sem + GRANTS)',
    breaks: 'A reader looks at the state before the number of grants: a grant between both is lost.',
    oracle: explore('rwsem'),
  },
  {
    name: 'rwsem-last-reader-in-silence',
    file: RW_SLOW,
    find: `    throw unlock_by_stranger(what, sem, 0)
  }
  if (readers(seen) === 1 `,
    replace: `    throw unlock_by_stranger(what, sem, 0)
  }
  if (readers(seen) === 2 `,
    breaks: 'The last reader to leave wakes no writer.',
    oracle: explore('rwsem'),
  },
]
