/** A worker of a bench crew. */
import { workerData } from 'node:worker_threads'
import type { CrewData } from '../bench/crew.ts'
import { serveCrew } from '../bench/crew_worker.ts'

await serveCrew(workerData as CrewData)
