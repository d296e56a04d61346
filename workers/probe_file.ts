/** Loads a user's file before main does: a file that throws, loops or ends its process does so here. */
import { parentPort, workerData } from 'node:worker_threads'
import { placeOf, whatIsThrown, type FileRef } from '../src/define/brought.ts'
import { loadFile, lockOrModel } from '../src/define/load.ts'

const { kind, url } = workerData as Partial<FileRef> & Pick<FileRef, 'url'>
try {
  if (kind !== undefined) await loadFile({ kind, url })
  parentPort?.postMessage(kind === undefined ? await lockOrModel(url) : '')
} catch (error) {
  const { name, message, stack = '' } = (error ?? {}) as Partial<Error>
  const thrown = `it throws at import: ${whatIsThrown(error)}${placeOf(stack, [{ url }])}`
  parentPort?.postMessage(name === 'ShapeError' ? message : thrown)
}
