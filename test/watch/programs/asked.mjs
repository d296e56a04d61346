// The main thread has a lock that a worker waits for; it asks, is asked by a signal, and gives the lock back.
import { setTimeout as pause } from 'node:timers/promises'
import { isMainThread, Worker, workerData } from 'node:worker_threads'
import { layout, Mutex } from 'lockstorm/sync'
import { report } from 'lockstorm/watch'

const shared = layout({ gate: Mutex })
if (isMainThread) {
  const { memory, gate } = shared.create()
  gate.lock()
  const worker = new Worker(new URL(import.meta.url), { workerData: memory })
  worker.on('error', (error) => {
    throw error
  })
  while (!report().threads.some(({ waits }) => waits === 'mutex gate')) await pause(10)
  console.log(JSON.stringify(report()))
  process.on('SIGUSR2', () => gate.unlock())
  console.log('ready')
} else {
  shared.attach(workerData).gate.run(() => {})
}
