/** Words (4 bytes) in a cache line of 64 bytes. Two CPUs never share a line that one of them writes often. */
export const CACHE_LINE_WORDS = 16
/** The first words of the arena are never allocated, so that a NULL pointer plus a small offset is recognisable. */
export const NULL_PAGE_WORDS = 64
/** Most CPUs a machine can have. Task numbers, per-CPU scans and owner words are sized by it. */
export const NR_CPUS = 256
/** Nanoseconds in a millisecond. */
export const NSEC_PER_MSEC = 1_000_000
/** Nanoseconds in a microsecond. */
export const NSEC_PER_USEC = 1_000
/** Largest value of a signed 32-bit word. */
export const INT_MAX = 0x7fff_ffff
/** Lowest bit of the owner's number in a lock word; the bits below are the lock's flags. */
export const OWNER_SHIFT = 4
