/**
 * Which thread lockstorm/sync takes itself to run in, and which memory it has bound: while a body is explored, the body's own. The
 * bodies share one real thread, so both are put back whenever another body goes on.
 */
import { act_as, bind, memory } from '#access'
import type { UserEngine } from './engine.ts'

/** Until disposed of, a body has the number of its CPU. */
export function assumeThread(engine: UserEngine): Disposable {
  const bound: Int32Array[] = []
  const relax = (): void => {
    engine.cpu_relax()
  }
  let running = -1
  engine.onEnter = (cpu) => {
    if (running >= 0) bound[running] = memory()
    running = cpu
    if (cpu < 0) act_as(undefined)
    else act_as(cpu, relax)
    const view = bound[cpu]
    if (view !== undefined) bind(view)
  }
  return {
    [Symbol.dispose]() {
      engine.onEnter = () => {}
      act_as(undefined)
    },
  }
}
