/**
 * Phrases that all reports share, spelled as the kernel spells them.
 *
 * Source   lib/dump_stack.c, kernel/locking/lockdep.c (formats of 6.1; recorded transcripts, not code)
 */

/** What `uname -r`, the version and the taint flags are in a kernel's report. */
export const RELEASE = '0.1.0-lockstorm'
/** `release version tainted`, second line of a report's title. */
export const IDENT = `${RELEASE} #1 Not tainted`

/** An address as %px prints a pointer: in bytes, so that sizes in bytes agree with it. */
export function pointer(word: number): string {
  return ((word >>> 0) * 4).toString(16).padStart(16, '0')
}

/** Name of the task of a CPU. */
export function commOf(cpu: number): string {
  return `cpu-${cpu}`
}

/** `comm/pid`. */
export function taskOf(cpu: number): string {
  return `${commOf(cpu)}/${cpu + 1}`
}

/** A stack as dump_stack prints it, with its CPU line. */
export function callTrace(cpu: number, frames: readonly string[]): string[] {
  return [
    `CPU: ${cpu} PID: ${cpu + 1} Comm: ${commOf(cpu)} Not tainted ${RELEASE} #1`,
    'Call Trace:',
    ' <TASK>',
    ...frames.map((frame) => ` ${frame}`),
    ' </TASK>',
  ]
}
