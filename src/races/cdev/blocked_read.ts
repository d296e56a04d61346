/**
 * A read waits for a command while the card goes.
 *
 *   cpu-0                                   cpu-1                                   cpu-2
 *   -----                                   -----                                   -----
 *                                           switchtec_dev_read()
 *                                             /* sleeps *\/
 *   switchtec_pci_remove()
 *     stdev_kill()
 *       /* v6: wakes it *\/
 *                                           return -ENODEV
 *                                                                                   mrpc_timeout_work()
 *                                                                                   /* v5: only now; v3: dead registers *\/
 *
 * Why      the interrupt is gone with the card. Somebody else must end the sleep.
 */
import { serve_pending } from '../../kernel/index.ts'
import { readResult, switchtecOpen, unplugCard, writeCommand } from '../kit/chardev.ts'
import { END, hangs, once, prevented, step, type Cell, type Scenario } from '../../define/race.ts'
import { STORY, THREAD } from './common.ts'

function blockedRead(wiring: string, cell: Cell): Scenario {
  return {
    name: `switchtec-read-${wiring}`,
    title: `a read waits for its command while the card is unplugged (${wiring})`,
    source: `${THREAD}: Logan Gunthorpe and Jason Gunthorpe, 2 March 2017`,
    symptom: 'a user space program waiting on an interrupt hangs, or is released half a second later',
    fix: 'a hard fence: stdev_kill completes every queued command',
    ...STORY,
    ...once('wiring', cell, wiring),
    setup: (words) => Math.min(switchtecOpen(words, wiring) || writeCommand(words), 0),
    cpus: [unplugCard, readResult, () => serve_pending(Infinity)],
    schedule: [step(1, END), step(0, END), step(1, END), step(2, END)],
    check: ({ answers }) => ({ happened: answers[1] !== 'ENODEV' }),
  }
}

export const BLOCKED_READ: readonly Scenario[] = [
  blockedRead('v3', hangs('ok hangs oops', 'oops', 'hung task')),
  blockedRead('v5', prevented('ok ENODEV ok')),
  blockedRead('v6', prevented('ok ENODEV ok')),
]
