/**
 * Words that the machine and the tasks of a torture test share.
 *
 * State    torture_control.phase   RUN   tasks work                     main: HALT or STOP
 *                                  HALT  tasks park at their next turn  main: RUN or STOP, once everything is at rest
 *                                  STOP  tasks end at their next turn   final
 * Rules    only main writes phase; a parked task sleeps on it. Each task writes only its own torture_task; its counters
 *          wrap at 32 bits, and main collects them often enough to notice.
 */
import { CACHE_LINE_WORDS } from '../base/constants.ts'
import { struct, word, words } from '../mem/layout.ts'

/** CPU of the first task; CPU 0 is the machine's main thread, which boots and drains. */
export const FIRST_CPU = 1

export const RUN = 0
export const HALT = 1
export const STOP = 2

export const torture_control = struct('torture_control', { phase: word, pad: words(CACHE_LINE_WORDS - 1) })

/** Counters a task has. */
export const COUNTERS = 48

export const torture_task = struct('torture_task', {
  /** Always 0: a nap with something in hand sleeps on it. */
  nap: word,
  pad: words(CACHE_LINE_WORDS - 1),
  counters: words(COUNTERS),
})
