/** The host of the cores that explore a user's program: the thread that wants the verdict sleeps meanwhile. */
import { workerData } from 'node:worker_threads'
import { Crew } from '../src/explore/crew.ts'
import { exploreOnCores } from '../src/explore/helper/on_cores.ts'
import { DONE, EXECUTED, PULSE, type Answer, type Order } from '../src/explore/helper/program_worker.ts'
import { RefusedError } from '../src/explore/helper/refused.ts'

const PULSE_MS = 1000
const { program, options, jobs, words, port } = workerData as Order

async function answer(crew: Crew): Promise<Answer> {
  try {
    const onProgress = (_: string, executions: number): void =>
      void Atomics.store(words, EXECUTED, executions)
    return { explored: await exploreOnCores(crew, program, options, onProgress) }
  } catch (error) {
    if (error instanceof RefusedError) return { refused: error.code, message: error.message }
    return { broke: error }
  }
}

const pulse = setInterval(() => Atomics.add(words, PULSE, 1), PULSE_MS)
const crew = new Crew(jobs, { checked: false })
port.postMessage(await answer(crew))
clearInterval(pulse)
Atomics.store(words, DONE, 1)
Atomics.notify(words, DONE)
await crew.close()
