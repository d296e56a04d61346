import { isMainThread, Worker, workerData } from 'node:worker_threads'
import { layout, Mutex, words } from 'lockstorm/sync'

const shared = layout({ lock: Mutex, counter: words(1) })
const { memory, lock, counter } = isMainThread ? shared.create() : shared.attach(workerData)
const again = { workerData: memory }
const others = isMainThread ? [1, 2, 3].map(() => new Worker(new URL(import.meta.url), again)) : []
for (let i = 0; i < 10_000; i++) lock.run(() => counter[0]++)
await Promise.all(others.map((other) => new Promise((done) => other.on('exit', done))))
if (isMainThread) console.log(counter[0]) // 40000
