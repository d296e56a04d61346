/**
 * What rcutorture needs of a flavour of RCU. What is absent is not tested.
 */

/** A flavour of RCU to torture. */
export interface RcuOps {
  readonly name: string
  readonly summary: string
  readonly busted?: string
  readonly words: number
  /** Boot CPU. Returns 0 or a negative errno. */
  init(domain: number): number
  readlock(domain: number): number
  readunlock(domain: number, idx: number): void
  /** Readers that end on another CPU. */
  down_read?(domain: number): number
  up_read?(domain: number, cookie: number): void
  sync(domain: number): void
  exp_sync(domain: number): void
  get_gp_state?(domain: number): number
  start_gp_poll?(domain: number): number
  poll_gp_state?(domain: number, cookie: number): boolean
  /** Queues a head with a callback id of srcu_callbacks. Returns 0 or a negative errno. */
  call?(domain: number, head: number, func: number): number
  /** Waits until all callbacks have run. */
  cb_barrier?(domain: number): void
  /** Runs the callbacks that may run. */
  process?(domain: number): void
  /** Grace periods so far. */
  get_gp_seq(domain: number): number
  /** Readers inside, over all CPUs. */
  readers_active(domain: number): number
  /** Ends the domain. Returns '' or what was still going on. */
  cleanup?(domain: number): string
  /** Lines about the counters of each CPU. */
  stats?(domain: number): string
}
