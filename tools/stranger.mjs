// What a stranger may expect of the package: how large it and its bundles are at most, and a program in strict TypeScript that
// compiles without the DOM and @types/node. The test of the package and `npm run check:package` read it here.

/** Bytes of the packed package. */
export const MOST_BYTES = 1_000_000

/** Bytes, minified and gzipped, that what somebody imports may take: 5 % above what it does. Entry, names, bytes. */
export const BUDGETS = [
  ['sync', '{ Mutex }', 5_400],
  ['sync', '{ RwSem }', 7_500],
  ['sync', '{ Semaphore }', 5_400],
  ['sync', '{ Channel }', 6_000],
  ['sync', '{ RobustMutex, Threads }', 7_800],
  ['sync', '*', 22_700],
  ['kernel-sync', '*', 18_900],
  ['mem', '*', 4_600],
  ['define', '*', 23_000],
  ['explore', '*', 38_000],
]

/** The program. */
export const STRANGER = `import { Channel, layout, Mutex, words, type Guard } from 'lockstorm/sync'
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
export const point = struct('point', { x: word })
// @ts-expect-error an async function
lock.run(async () => {})
`
