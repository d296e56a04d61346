/** The threads of a crew in a page of a browser: web workers, which run playground/bench_worker.js. */
import type { CrewData, CrewThread } from './control.ts'

interface Told {
  readonly data: { readonly error?: string }
}

/** What is used of a web worker. */
interface WebWorker {
  postMessage(data: CrewData): void
  terminate(): void
  addEventListener(type: 'message', hear: (event: Told) => void): void
  addEventListener(type: 'error', hear: (event: { readonly message?: string }) => void): void
}

/** Starts one. */
export function startThread(data: CrewData): CrewThread {
  const { Worker } = globalThis as unknown as {
    readonly Worker: new (url: string, options: { readonly type: 'module' }) => WebWorker
  }
  const worker = new Worker('/bench_worker.js', { type: 'module' })
  const served = new Promise<void>((resolve, reject) => {
    worker.addEventListener('message', ({ data: { error } }) => {
      if (error === undefined) resolve()
      else reject(new Error(error))
    })
    worker.addEventListener('error', ({ message = 'its module cannot be loaded' }) =>
      reject(new Error(message)),
    )
  })
  worker.postMessage(data)
  return {
    served,
    end() {
      worker.terminate()
      return Promise.resolve()
    },
  }
}
