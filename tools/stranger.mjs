// What a stranger may expect of the package: how large it and its bundles are at most, and a program in strict TypeScript that
// compiles without the DOM and @types/node. The test of the package and `npm run check:package` read it here.

/** Bytes of the packed package. */
export const MOST_BYTES = 1_000_000

/**
 * Bytes, minified and gzipped, that what somebody imports may take. Mutex alone must be below 4 KB; the others are what they do, rounded
 * up to the next 50, and some room in what no lock is in. All of sync was wanted below 12 KB, which is not reached: without Srcu (1,080)
 * and SpinLock (300) it is, but both are in use from `lockstorm/sync`, and whoever imports some classes pays for those alone. Most of a
 * class is its algorithm, four forms of every wait, and the checks. Names of methods in errors (330 of all of sync) and the constants
 * that hold imported functions (400), without which a lock that is not bundled is a tenth slower, are worth their bytes. Entry, names,
 * bytes.
 */
export const BUDGETS = [
  ['sync', '{ Mutex }', 4_095],
  ['sync', '{ RwSem }', 6_050],
  ['sync', '{ Semaphore }', 4_150],
  ['sync', '{ Channel }', 4_900],
  ['sync', '{ Latch }', 3_200],
  ['sync', '{ Condition }', 4_000],
  ['sync', '*', 13_500],
  ['sync/robust', '{ RobustMutex, Threads }', 5_900],
  ['sync/robust', '*', 8_550],
  ['sync', '{ SpinLock }', 3_950],
  ['sync', '{ Srcu }', 4_650],
  ['kernel-sync', '*', 17_200],
  ['mem', '*', 4_600],
  ['define', '*', 23_000],
  ['explore', '*', 56_500],
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
