/** Says whether it runs the checked build. */
import { parentPort } from 'node:worker_threads'
import { CHECKED } from '#access'

parentPort?.postMessage(CHECKED)
