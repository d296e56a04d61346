/** A CPU of a machine that somebody sits at. */
import { workerData } from 'node:worker_threads'
import { runLiveCpu, type LiveCpuData } from '../src/live/cpu.ts'

runLiveCpu(workerData as LiveCpuData)
