/** Limits and rules of an execution. */
export interface Rules {
  readonly maxSteps: number
  /** Time-outs each CPU may let fire although others could run. */
  readonly earlyTimeouts: number
  /** Sleeps of each CPU that may end without anybody having woken it. They do when nothing else can run, so explore without them too. */
  readonly spuriousWakeups?: number
  /** How far a look at the clock of one's CPU moves it. */
  readonly tickNs?: number
  /** Look for data races. */
  readonly races: boolean
  /** Let freed objects be touched. */
  readonly touchFreed?: boolean
  /** Nothing but events looks at memory while the CPUs run, and races are looked for: see searches/meetings.ts. */
  readonly eventsOnly?: boolean
  /** First address that may be touched; the words below are the NULL page. */
  readonly lowest: number
}
