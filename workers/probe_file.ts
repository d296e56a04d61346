/** Loads a user's file before main does: a file that throws, loops or ends its process does so here. */
import { parentPort, workerData } from 'node:worker_threads'
import type { FileRef } from '../src/define/brought.ts'
import { loadFile, lockOrModel } from '../src/define/load.ts'

try {
  const { kind, url } = workerData as Partial<FileRef> & Pick<FileRef, 'url'>
  if (kind !== undefined) await loadFile({ kind, url })
  parentPort?.postMessage(kind === undefined ? await lockOrModel(url) : '')
} catch (error) {
  const { name = '', message = String(error), stack = '' } = (error ?? {}) as Partial<Error>
  const at = /file:\S+:\d+(?=:\d+)/.exec(stack)?.[0] ?? ''
  parentPort?.postMessage(
    name === 'ShapeError' ? message : `it throws at import: ${name}: ${message} ${at}`.trim(),
  )
}
