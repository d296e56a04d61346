/**
 * The driver as it was, from posting to posting, and one that is ours: what hangs on which device, and how users are got rid of. Ids
 * are of the driver's own repository, Microsemi/switchtec-kernel, but for those of twelve digits.
 *
 *   v3        2dce187: write, read and poll test the mapping without a lock. Everything managed by the PCI device
 *   v4        6c4571c: no test. The interrupt managed by the class device, which an open file pins: BUG in free_msi_irqs at unbind
 *   v5        97cdd21: back to the PCI device. `alive` under mrpc_mutex, tested when a command is queued and when works end one; the
 *             timer gets users out, one at a time: it submits the next command of the queue to a device that is gone
 *   v6        041f6e7, and so Linux 4.12: stdev_kill, and `alive` tested by every operation. The works do not test it any more: a
 *             write that comes while stdev_kill has cancelled the timer and not yet cleared `alive` arms it again. And an
 *             interrupt's work that comes late, when the timer has found its command, cancels the timer of the next one
 *   dma       v6 with a last put that touches the hardware, after the unbind if a file is open (ad09a38, until df25461119d9)
 *   repaired  that done in remove (df25461119d9, 6.8). The windows of v6 are as they were
 *   hardened  ours: `repaired` with `alive` tested by the works, too, who end all commands, and a timer for every command in progress
 *   reversed  a control: stdev_kill that cancels the timer with mrpc_mutex held, which the timer's function takes
 */
import { read } from '#access'
import { OpsTable } from '../../base/ops.ts'
import { switchtec_dev, type Stdev } from './types.ts'

export interface Wiring {
  readonly name: string
  readonly history: string
  /** Whose managed resource the interrupt is. */
  readonly irqOn: 'pdev' | 'class'
  /** What operations test: nothing; the mapping, without a lock; `alive` when a command is queued; `alive` under mrpc_mutex, always. */
  readonly entry: 'none' | 'mmio' | 'queue' | 'mutex'
  /** What the works do when `alive` is cleared: they do not ask; they end the first command and submit the next; they end all. */
  readonly works: 'blind' | 'first' | 'all'
  /** True if a work that finds a command in progress sees to its timer. */
  readonly rearms: boolean
  /** What removal does about users: nothing; mapping = NULL; alive = false; stdev_kill; stdev_kill in the wrong order. */
  readonly kill: 'none' | 'mmio' | 'alive' | 'stdev_kill' | 'reversed'
  /** Where DMA is switched off: nowhere (there is none yet), at the last put, in remove. */
  readonly dma: 'none' | 'release' | 'kill'
  /** True if the timer looks whether the firmware lives. */
  readonly firmware: boolean
}
const v6 = {
  name: 'v6',
  history: 'v6, 041f6e7 (4.12)',
  irqOn: 'pdev',
  entry: 'mutex',
  works: 'blind',
  rearms: false,
  kill: 'stdev_kill',
  dma: 'none',
  firmware: false,
} as const satisfies Wiring
const ours = { ...v6, works: 'all', rearms: true } as const

export const WIRINGS: readonly Wiring[] = [
  { ...v6, name: 'v3', history: 'v3, 2dce187, 23 February 2017', entry: 'mmio', kill: 'mmio' },
  {
    ...v6,
    name: 'v4',
    history: 'v4, 6c4571c, 24 February 2017',
    irqOn: 'class',
    entry: 'none',
    kill: 'none',
  },
  {
    ...v6,
    name: 'v5',
    history: 'v5, 97cdd21, 25 February 2017',
    entry: 'queue',
    works: 'first',
    kill: 'alive',
  },
  v6,
  { ...v6, name: 'dma', history: 'before df25461119d9', dma: 'release', firmware: true },
  { ...v6, name: 'repaired', history: 'df25461119d9 (6.8)', dma: 'kill', firmware: true },
  { ...ours, name: 'hardened', history: 'ours', dma: 'kill', firmware: true },
  { ...ours, name: 'reversed', history: 'a control', kill: 'reversed' },
]

/** Wirings by the id of their name. */
export const wirings = new OpsTable<Wiring>('switchtec wiring')
for (const one of WIRINGS) wirings.define(one.name, one)

/** The wiring of a name; undefined if there is none. */
export function wiringNamed(name: string): Wiring | undefined {
  return WIRINGS.find((one) => one.name === name)
}

/** The wiring of a device. */
export function wiring_of(stdev: Stdev): Wiring {
  return wirings.get(read(stdev + switchtec_dev.offset.wiring))
}
