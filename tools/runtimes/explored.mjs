// The explorer in a worker: a lock whose unlock wakes nobody, and a synchronous body that awaits.
import { explore, RefusedError } from 'lockstorm/explore'

const load = (m) => void Atomics.load(m, 0)

/** What is awaited by a synchronous body is refused, or the verdict says that it was not seen; '' if so. */
function awaited() {
  const helper = async () => {
    // eslint-disable-next-line typescript/await-thenable -- of a promise the explorer is told
    await undefined
  }
  const body = (m) => {
    load(m)
    void helper()
  }
  try {
    const { verdict, limits } = explore({ memory: 1, threads: [body, load] })
    return limits.join().includes('does not tell of async functions') ? '' : verdict
  } catch (error) {
    return error instanceof RefusedError ? '' : error.message
  }
}

export function explored() {
  const { verdict, failure } = explore({
    memory: 1,
    threads: [0, 1].map(() => (m) => {
      while (Atomics.compareExchange(m, 0, 0, 1) !== 0) Atomics.wait(m, 0, 1)
      Atomics.store(m, 0, 0)
    }),
  })
  const unsaid = awaited()
  if (unsaid !== '') return `holds: a body awaits unseen (${unsaid})`
  return verdict === 'fails' ? (failure.outcome ?? failure.kind ?? 'fails') : verdict
}
