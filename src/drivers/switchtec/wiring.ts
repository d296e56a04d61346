/**
 * The wirings that the thread argues about: what hangs on which device, and how users are got rid of.
 *
 *   v3        everything managed by the PCI device, and nobody tells open files. Simplified: the driver tested its mapping without a
 *             lock (state at 2dce187 of its repository); here it tests nothing
 *   v4        the interrupt managed by the class device, which an open file pins: BUG in free_msi_irqs at unbind (6c4571c)
 *   v5        back to the PCI device, `alive` under mrpc_mutex; users get out by the time-out path (97cdd21)
 *   v6        ours: the hard fence of v6, stdev_kill, with the tests of v5 left in timer and completion
 *   dma       ours: that, with a last put that touches the hardware, after the unbind if a file is open (until df25461119d9)
 *   repaired  ours: that done in stdev_kill, as df25461119d9 does it
 *   literal   v6 as merged in 4.12 (041f6e7), and since. The timer's function does not ask whether the device lives: a write that comes
 *             while stdev_kill has cancelled the timer and not yet cleared `alive` arms it again. And an interrupt's work that comes
 *             late, when the timer has found its command, cancels the timer of the next one
 *   reversed  a control: stdev_kill that cancels the timer with mrpc_mutex held, which the timer's function takes
 */
import { OpsTable } from '../../base/ops.ts'

export interface Wiring {
  readonly name: string
  readonly history: string
  /** Whose managed resource the interrupt is. */
  readonly irqOn: 'pdev' | 'class'
  /** True if operations test `alive`. */
  readonly alive: boolean
  /** What removal does about users: nothing; alive = false; stdev_kill; stdev_kill in the wrong order. */
  readonly kill: 'none' | 'alive' | 'stdev_kill' | 'reversed'
  /** Where DMA is switched off: nowhere (there is none yet), at the last put, in stdev_kill. */
  readonly dma: 'none' | 'release' | 'kill'
  /** True if the works do not look twice: no test of `alive`, no timer for a command that they find in progress. */
  readonly literal: boolean
  /** True if the timer looks whether the firmware lives. */
  readonly firmware: boolean
}
const pdev = {
  irqOn: 'pdev',
  alive: true,
  kill: 'stdev_kill',
  dma: 'none',
  literal: false,
  firmware: false,
} as const

export const WIRINGS: readonly Wiring[] = [
  { ...pdev, name: 'v3', history: 'v3, February 2017, simplified', alive: false, kill: 'none' },
  { ...pdev, name: 'v4', history: 'v4, 6c4571c, February 2017', irqOn: 'class', alive: false, kill: 'none' },
  { ...pdev, name: 'v5', history: 'v5, 97cdd21, 25 February 2017', kill: 'alive' },
  { ...pdev, name: 'v6', history: 'ours: v6 with the tests of v5' },
  { ...pdev, name: 'dma', history: 'ours: that before df25461119d9', dma: 'release', firmware: true },
  { ...pdev, name: 'repaired', history: 'ours: that with df25461119d9 (6.8)', dma: 'kill', firmware: true },
  { ...pdev, name: 'literal', history: 'v6 as merged, 041f6e7 (4.12)', literal: true },
  { ...pdev, name: 'reversed', history: 'a control', kill: 'reversed' },
]

/** Wirings by the id of their name. */
export const wirings = new OpsTable<Wiring>('switchtec wiring')
for (const one of WIRINGS) wirings.define(one.name, one)

/** The wiring of a name; undefined if there is none. */
export function wiringNamed(name: string): Wiring | undefined {
  return WIRINGS.find((one) => one.name === name)
}
