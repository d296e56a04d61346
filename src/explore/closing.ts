/**
 * The word by which a crew tells its cores to end what they do. A worker that is busy searching may hear of its termination late
 * or never (seen with Node 26.10): it ends by itself, within some executions.
 */
// The native: while a program is explored the global is the explorer's.
const { load } = Atomics
const here: { word: Int32Array } = { word: new Int32Array(1) }

/** This thread is a core of the crew that has the word. */
export function listenForClosing(word: Int32Array): void {
  here.word = word
}

/** True when the crew has been closed. */
export function isClosing(): boolean {
  return load(here.word, 0) !== 0
}
