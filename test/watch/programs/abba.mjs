// Four workers take two locks in both orders. `apart`: never at the same time. `together`: each with one lock in hand.
// oxlint-disable-next-line import/no-unassigned-import -- this is how it is used
import 'lockstorm/watch'
import { isMainThread, Worker, workerData } from 'node:worker_threads'
import { Barrier, layout, Mutex } from 'lockstorm/sync'

const WORKERS = 4
const shared = layout({ accounts: Mutex, journal: Mutex, met: Barrier.of(WORKERS) })
const way = process.argv[2]

function transfer(first, second, between) {
  first.lock()
  between()
  second.lock()
  second.unlock()
  first.unlock()
}

function work(index, { accounts, journal, met }) {
  const [first, second] = index % 2 === 0 ? [accounts, journal] : [journal, accounts]
  if (way === 'together' && index < 2) transfer(first, second, () => met.wait())
  else if (way === 'together') met.wait()
  else
    for (let i = 0; i < 10; i++)
      transfer(way === 'right' ? accounts : first, way === 'right' ? journal : second, () => {})
}

if (isMainThread) {
  const laid = shared.create()
  for (let index = 0; index < WORKERS; index++) {
    const worker = new Worker(new URL(import.meta.url), {
      workerData: { memory: laid.memory, index },
      argv: [way],
    })
    // `apart`: the next one begins when this one has ended.
    if (way !== 'together') await new Promise((done) => worker.once('exit', done))
  }
} else {
  work(workerData.index, shared.attach(workerData.memory))
}
