/** A server thread of a mount. */
import { parentPort, workerData, type MessagePort } from 'node:worker_threads'
import { runThread, type ThreadData } from '../src/mount/thread.ts'

await runThread(workerData as ThreadData, parentPort as MessagePort)
