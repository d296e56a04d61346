/** The entry of a thread that tells its number, runs until it is told, and then waits for ever. */
import { ownThread } from '../../src/live/asleep.ts'

/** `words`: 1 ends the running, the number of the thread. */
export default function runThenWait(words: Int32Array): void {
  Atomics.store(words, 1, ownThread())
  while (Atomics.load(words, 0) === 0);
  Atomics.wait(words, 0, 1)
}
