/** A process that makes one run of a storm: its main thread is as fresh as its workers. */
import { loadFiles } from '../src/define/load.ts'
import type { ApartOrder, ApartReport } from '../src/storm/apart.ts'
import { runStorm } from '../src/storm/workloads/mdev/run.ts'

let stopped = false
// Ctrl-C reaches the whole group of processes; who started this one says what is to be done.
process.on('SIGINT', () => {})

function report(said: ApartReport): void {
  process.send?.(said)
}

async function serve({ plan, files, detectors }: ApartOrder): Promise<void> {
  await loadFiles(files)
  const run = await runStorm(plan, {
    ...(detectors !== undefined && { detectors }),
    progress: (progress) => report({ progress }),
    stop: () => stopped,
  })
  report({ run })
}

process.on('message', (order: ApartOrder | 'stop') => {
  if (order === 'stop') {
    stopped = true
    return
  }
  void serve(order)
    .catch((error: unknown) => report({ error: (error as Error).message }))
    .finally(() => process.disconnect())
})
