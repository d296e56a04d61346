import { explored, hold, shared, work } from './work.mjs'

const threads = globalThis.process?.getBuiltinModule?.('node:worker_threads')
const run = ({ memory, me, role }) => {
  if (role === 'explore') return explored()
  const it = shared.attach(memory)
  if (role === 'hold') hold(it)
  else work(it, me)
  return 'done'
}
if (threads?.parentPort && !threads.isMainThread && threads.workerData?.memory) {
  const { parentPort, workerData } = threads
  parentPort.postMessage(run(workerData))
  // It stays until it is terminated.
  if (workerData.role === 'hold') setInterval(() => {}, 1000)
} else {
  globalThis.addEventListener('message', ({ data }) => globalThis.postMessage(run(data)))
}
