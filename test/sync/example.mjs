import { isMainThread, Worker, workerData } from 'node:worker_threads'
import { Mutex } from 'lockstorm/sync'

const memory = isMainThread ? new SharedArrayBuffer(1024) : workerData
const counter = new Int32Array(memory)
const lock = new Mutex(memory, 0) // words 0 … 3; zeroed words are a free mutex
const again = { workerData: memory }
const others = isMainThread ? [1, 2, 3].map(() => new Worker(new URL(import.meta.url), again)) : []
for (let i = 0; i < 10_000; i++) lock.run(() => counter[100]++)
await Promise.all(others.map((other) => new Promise((done) => other.on('exit', done))))
if (isMainThread) console.log(counter[100]) // 40000
