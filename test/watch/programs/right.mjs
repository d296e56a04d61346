// Programs that are right, in ways that a watch could take for wrong.
// oxlint-disable-next-line import/no-unassigned-import -- this is how it is used
import 'lockstorm/watch'
import { isMainThread, Worker, workerData } from 'node:worker_threads'
import {
  Barrier,
  Channel,
  Completion,
  Condition,
  layout,
  Mutex,
  ReentrantMutex,
  RwSem,
  Semaphore,
  SpinLock,
  words,
} from 'lockstorm/sync'

const WORKERS = 4
const turn = () => new Promise((done) => setImmediate(done))
const shared = layout({
  lock: Mutex,
  other: Mutex,
  again: ReentrantMutex,
  tree: RwSem,
  spin: SpinLock,
  slots: Semaphore,
  ready: Condition,
  done: Completion,
  queue: Channel.of(8),
  met: Barrier.of(WORKERS),
  counter: words(1),
})
// Several locks of one name: their order among each other is the program's affair.
const each = layout({ account: Mutex })

async function hold(one) {
  await one.lockAsync()
  await turn()
  one.unlock()
}

const ways = {
  // Tasks of one thread take turns, so an order across them is none.
  async tasks({ lock, other }) {
    for (let i = 0; i < 50; i++) {
      const first = hold(lock)
      const second = hold(other)
      await Promise.all([first, second])
      await other.runAsync(async () => {})
      await lock.runAsync(async () => {})
    }
  },
  readers({ tree, counter }) {
    for (let i = 0; i < 200; i++) {
      tree.runRead(() => counter[0])
      tree.runWrite(() => counter[0]++)
      tree.lockUpgradeable()
      tree.upgrade()
      tree.unlockWrite()
    }
  },
  // A trylock cannot wait, so its order does not matter.
  tries({ lock, other }) {
    for (let i = 0; i < 500; i++) {
      lock.lock()
      other.lock()
      other.unlock()
      lock.unlock()
      other.lock()
      if (lock.tryLock()) lock.unlock()
      if (lock.lockFor(0)) lock.unlock()
      other.unlock()
    }
  },
  nested({ again, spin, lock, counter }) {
    for (let i = 0; i < 500; i++) {
      again.run(() => again.run(() => spin.run(() => counter[0]++)))
      lock.run(() => spin.run(() => counter[0]++))
    }
  },
  accounts(_, accounts) {
    for (let i = 0; i < 200; i++) {
      const [a, b] = i % 2 === 0 ? accounts : accounts.toReversed()
      // Ordered by the program: the lower word first.
      const [first, second] = a.memory === accounts[0].memory ? [a, b] : [b, a]
      first.account.run(() => second.account.run(() => {}))
    }
  },
  others({ queue, met, lock, ready, counter }, _, index) {
    for (let i = 0; i < 100; i++) {
      if (index % 2 === 0) queue.send(i)
      else queue.receive()
    }
    met.wait()
    lock.lock()
    counter[0]++
    if (counter[0] === WORKERS) ready.broadcast()
    ready.waitUntil(lock, () => counter[0] >= WORKERS, 60_000)
    lock.unlock()
  },
}

const way = process.argv[2]
if (isMainThread) {
  const memory = shared.create().memory
  const accounts = [each.create().memory, each.create().memory]
  for (let index = 0; index < WORKERS; index++) {
    const data = { memory, accounts, index }
    const worker = new Worker(new URL(import.meta.url), { workerData: data, argv: [way] })
    worker.on('error', (error) => {
      throw error
    })
  }
} else {
  await ways[way](
    shared.attach(workerData.memory),
    workerData.accounts.map((memory) => each.attach(memory)),
    workerData.index,
  )
}
