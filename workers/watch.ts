/** The thread beside a watched program. */
import { workerData } from 'node:worker_threads'
import { guard } from '../src/watch/guard.ts'

const { sab, printed, suppress, hungMs } = workerData as {
  sab: SharedArrayBuffer
  printed: number
  suppress: readonly string[]
  hungMs: number
}
await guard(new Int32Array(sab), printed, suppress, hungMs)
