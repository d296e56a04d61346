/**
 * The trace of an execution: rows of numbers, one for each event. ENABLED: the CPUs that could run, and above TIMED_SHIFT those that
 * could only time out.
 */
export const T_CPU = 0
export const T_OP = 1
export const T_ADDR = 2
export const T_X = 3
export const T_Y = 4
export const T_OLD = 5
export const T_CLASS = 6
export const T_ENABLED = 7
export const T_SLEEP = 8
export const ROW = 9
export const CPU_MASK = 0xffff
export const TIMED_SHIFT = 16
/** Set in ENABLED of a row that chose among alternatives: its mask holds those, its X the one that was taken. */
export const CHOICE = 1 << 29
/** Most alternatives of one choice. */
export const MAX_CHOICES = 16
/** Set in ENABLED when nothing but time-outs could run. */
export const QUIESCENT = 1 << 30
