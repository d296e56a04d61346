// A worker of the page that measures: it serves the crew that its first message names.
import { serveCrew } from './lockstorm/bench/crew_worker.js'

async function serve(data) {
  try {
    await serveCrew(data)
    postMessage({})
  } catch (error) {
    postMessage({ error: String(error?.message ?? error) })
  }
}

addEventListener('message', ({ data }) => void serve(data), { once: true })
