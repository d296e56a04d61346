// The explorer in a worker: a lock whose unlock wakes nobody.
import { explore } from 'lockstorm/explore'

export function explored() {
  const { verdict, failure } = explore({
    memory: 1,
    threads: [0, 1].map(() => (m) => {
      while (Atomics.compareExchange(m, 0, 0, 1) !== 0) Atomics.wait(m, 0, 1)
      Atomics.store(m, 0, 0)
    }),
  })
  return verdict === 'fails' ? (failure.outcome ?? failure.kind ?? 'fails') : verdict
}
