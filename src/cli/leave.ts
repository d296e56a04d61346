/**
 * How the process ends where code of a user's file runs in it, too: such code may end it (process.exit), keep it from ending, and print.
 *
 * A run that was not over has shown nothing, whatever exit code the file gave: that is told, and is a finding. Once it is over, its exit
 * code stays. What a file prints is not the command's result, and goes to stderr; sessions keep the way to stdout that they began with.
 */
const FINDING = 1
/** What a file has left may take so long to end once the run is over. */
const GRACE_MS = 2000

const files = new Set<string>()
let final: number | undefined

/** From now on code of this file runs in this process. */
export function hosts(path: string): void {
  process.stdout.write = process.stderr.write.bind(process.stderr)
  files.add(path)
}

/** What main does when the process ends. */
export function atExit(): void {
  if (files.size === 0) return
  if (final === undefined)
    process.stderr.write(`lockstorm: ${[...files].join(', ')}: it ends the process before the run is over\n`)
  process.exitCode = final ?? FINDING
}

/** The run is over and has come to this exit code. */
export function ended(code: number): void {
  final = code
  process.exitCode = code
  if (files.size > 0) setTimeout(() => process.exit(), GRACE_MS).unref()
}

/** Ends the process before its run is over. */
export function leave(code: number): never {
  final = code
  process.exit(code)
}
