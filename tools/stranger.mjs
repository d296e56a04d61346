// What a stranger may expect of the package: how large it and its bundles are at most, and a program in strict TypeScript that
// compiles without the DOM and @types/node. The test of the package and `npm run check:package` read it here.

/** Bytes of the packed package. */
export const MOST_BYTES = 1_000_000

/**
 * Bytes, minified and gzipped, that what somebody imports may take: what it does, rounded up to the next 50, and some room in what no
 * lock is in. Mutex alone was within 4,000 until options that nobody knows were refused, and is within 4,096 now. All of sync was
 * wanted within 12,000, which is not reached: what is said twice costs next to nothing when it is gzipped, and what there is to be said
 * once is fifteen classes, each with its algorithm, four forms of every wait, and the checks. All texts of errors together are less
 * than what is missing, and so are the names of methods in them (330) and the constants that hold imported functions (400), without
 * which a lock that is not bundled is a tenth slower. Entry, names, bytes.
 */
export const BUDGETS = [
  ['sync', '{ Mutex }', 4_100],
  ['sync', '{ RwSem }', 6_100],
  ['sync', '{ Semaphore }', 4_150],
  ['sync', '{ Channel }', 4_900],
  ['sync', '{ Latch }', 3_200],
  ['sync', '{ Condition }', 4_000],
  ['sync', '*', 13_700],
  ['sync/robust', '{ RobustMutex, Threads }', 5_900],
  ['sync/robust', '*', 8_550],
  ['kernel-sync', '*', 17_900],
  ['mem', '*', 4_600],
  ['define', '*', 23_000],
  ['explore', '*', 54_000],
]

/** The program. */
export const STRANGER = `import { Channel, layout, Mutex, words, type Guard } from 'lockstorm/sync'
import { RobustMutex, Threads } from 'lockstorm/sync/robust'
import { struct, word } from 'lockstorm/mem'
const { lock, jobs, n } = layout({ lock: Mutex, jobs: Channel.of(4, { bytes: 16 }), n: words(2) }).create()
{
  using _ = lock.hold()
}
const guard: Guard = await lock.lockAsync({ timeoutMs: 5 })
guard.release()
jobs.send(new Uint8Array(4))
export const out: Uint8Array | undefined = jobs.receive()
export const x: number = lock.run(() => n.length)
export const robust = layout({ threads: Threads.of(2), lock: RobustMutex }).create().lock.isHeldByMe
export const point = struct('point', { x: word })
// @ts-expect-error an async function
lock.run(async () => {})
`
