/**
 * Which thread lockstorm/sync takes itself to run in, and which memory it has bound: while a body is explored, the body's own. The
 * bodies share one real thread, so both are put back whenever another body goes on.
 */
import * as access from '#access'
import type { UserEngine } from './engine.ts'

/** Acts as a thread of this number; undefined: as the real one. */
const actAs = Reflect.get(access, 'act_as') as ((thread: number | undefined) => void) | undefined

/** Until disposed of, a body has the number of its CPU. */
export function assumeThread(engine: UserEngine): Disposable {
  const bound: Int32Array[] = []
  let running = -1
  engine.onEnter = (cpu) => {
    if (running >= 0) bound[running] = access.memory()
    running = cpu
    actAs?.(cpu < 0 ? undefined : cpu)
    const view = bound[cpu]
    if (view !== undefined) access.bind(view)
  }
  return {
    [Symbol.dispose]() {
      engine.onEnter = () => {}
      actAs?.(undefined)
    },
  }
}
