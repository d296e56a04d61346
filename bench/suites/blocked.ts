/** CPU time of waiters that wait for one second: none. */
import type { TimedCase } from '../shares.ts'

const blocked = (variant: string, label: string, subject = variant): TimedCase => ({
  kind: 'blocked',
  subject: `blocked.${subject}`,
  rows: [{ adapter: 'sync', variant, label }],
  workers: 8,
})

export const timed: readonly TimedCase[] = [
  {
    ...blocked('control', ''),
    rows: [{ adapter: 'atomics', variant: 'cas-store', label: 'control: waiters that spin' }],
  },
  blocked('mutex', 'lockstorm mutex'),
  blocked('rwsem', 'lockstorm rwsem, write', 'write'),
  blocked('semaphore', 'lockstorm semaphore'),
  blocked('spinlock', 'lockstorm spinlock (spins 1 to 3 µs, then parks)'),
]
