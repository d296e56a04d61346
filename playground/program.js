// In the worker of a program: what it imports as `lockstorm/explore`. Each exploration is told to the page.
import * as explorer from './lockstorm/src/explore/helper/index.js'

export * from './lockstorm/src/explore/helper/index.js'

// While bodies are explored the globals are the explorer's.
const tell = globalThis.postMessage.bind(globalThis)
/** Errors that the page has been told of. */
const known = new WeakSet()
/** The program's module, and explorations that it does not await. */
let running = 1

function ended() {
  running--
  if (running === 0) tell({ kind: 'ended' })
}

/** A verdict, or what mustLinearize returns, as the page shows it. */
function found({ verdict, exhausted, executions, coverage, failure, limits = [] }) {
  tell({
    kind: 'verdict',
    verdict: verdict ?? (exhausted ? 'holds' : 'passed'),
    executions: executions ?? coverage.reduce((sum, one) => sum + one.executions, 0),
    failure,
    limits,
  })
}

function failed(error) {
  if (typeof error === 'object' && error !== null) {
    if (known.has(error)) return
    known.add(error)
  }
  if (error instanceof explorer.ExplorationError) found(error.verdict)
  else tell({ kind: 'error', text: `${error?.name ?? 'Error'}: ${error?.message ?? error}` })
}

function told(name) {
  return (...args) => {
    try {
      const verdict = explorer[name](...args)
      found(verdict)
      return verdict
    } catch (error) {
      failed(error)
      throw error
    }
  }
}

function toldLater(name) {
  return async (...args) => {
    running++
    try {
      const verdict = await explorer[name](...args)
      found(verdict)
      return verdict
    } catch (error) {
      failed(error)
      throw error
    } finally {
      ended()
    }
  }
}

export const explore = told('explore')
export const mustHold = told('mustHold')
export const mustExhaust = told('mustExhaust')
export const mustLinearize = told('mustLinearize')
export const exploreAsync = toldLater('exploreAsync')
export const mustHoldAsync = toldLater('mustHoldAsync')
export const mustExhaustAsync = toldLater('mustExhaustAsync')

globalThis.addEventListener('unhandledrejection', (event) => {
  event.preventDefault()
  failed(event.reason)
  tell({ kind: 'ended' })
})
/** The last line of a program calls it. */
globalThis.lockstormEnded = ended
tell({ kind: 'begun' })
