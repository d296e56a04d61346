// The main thread of the check. It blocks nowhere, so it may be that of a page.
import { shared, THREADS, WANTED } from './work.mjs'

const threads = globalThis.process?.getBuiltinModule?.('node:worker_threads')
// By way of a variable: bundlers leave it alone.
const file = './worker.mjs'

function start(data, heard, failed) {
  const url = new URL(file, import.meta.url)
  if (threads && !globalThis.Deno && !globalThis.Bun) {
    const worker = new threads.Worker(url, { workerData: data })
    return worker.on('message', heard).on('error', failed)
  }
  const worker = new Worker(url, { type: 'module' })
  worker.addEventListener('message', (event) => heard(event.data))
  worker.addEventListener('error', (event) => failed(new Error(event.message)))
  worker.postMessage(data)
  return worker
}

export async function check() {
  const it = shared.create()
  const { memory } = it
  let failed
  const broken = new Promise((_, reject) => {
    failed = reject
  })
  for (let me = 0; me < THREADS; me++) start({ memory, me, role: 'work' }, () => {}, failed)
  const explored = new Promise((done) => {
    start({ memory: new SharedArrayBuffer(4), role: 'explore' }, done, failed)
  })
  it.go.completeAll()
  await Promise.race([it.latch.waitAsync({ timeoutMs: 100_000 }), broken])
  const wrong = Object.entries(WANTED)
    .filter(([, [word, wanted]]) => it.sums[word] !== wanted)
    .map(([name, [word, wanted]]) => `${name} ${it.sums[word]} not ${wanted}`)
  const found = await Promise.race([explored, broken])
  if (/^(?:holds|passed)/.test(found)) wrong.push(`the explorer found nothing: ${found}`)

  let repairs = 0
  it.robust.repair = it.robustRw.repair = () => {
    repairs++
  }
  const holder = start({ memory, role: 'hold' }, () => {}, failed)
  await Promise.race([it.held.waitAsync({ timeoutMs: 20_000 }), broken])
  const since = performance.now()
  void holder.terminate()
  const options = { timeoutMs: 20_000 }
  await it.robust.lockAsync(options)
  const mutexMs = performance.now() - since
  await it.robustRw.lockWriteAsync(options)
  const rwMs = performance.now() - since
  if (repairs !== 2) wrong.push(`${repairs} repairs, not 2`)
  const classes = Object.keys(WANTED).length
  const told = wrong.length === 0 ? `exact: ${classes} classes` : `WRONG: ${wrong.join(', ')}`
  const ms = [mutexMs, rwMs].map((one) => one.toFixed(0)).join(' and ')
  return `${told}; explorer: ${found}; RobustMutex and RobustRwSem of a terminated worker after ${ms} ms`
}
