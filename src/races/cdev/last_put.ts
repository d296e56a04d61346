/**
 * The last file is closed after the card has gone.
 *
 *   cpu-0                                   cpu-1
 *   -----                                   -----
 *   switchtec_pci_remove()
 *   pcim_iomap_release()
 *                                           sys_close()
 *                                             stdev_release()
 *                                             /* writes to a register that is no longer mapped *\/
 *
 * Why      the last put is as late as user space likes. What touches the hardware belongs into removal.
 */
import { closeFile, switchtecOpen, unplugCard } from '../kit/chardev.ts'
import { END, happens, once, prevented, step, type Cell, type Scenario } from '../../define/race.ts'
import { STORY } from './common.ts'

function lastPut(wiring: string, cell: Cell): Scenario {
  return {
    name: `switchtec-close-${wiring}`,
    title: `the last file of a Switchtec is closed after the card has gone (${wiring})`,
    source: 'drivers/pci/switch/switchtec.c before df25461119d9 (6.8); CVE-2023-52617',
    symptom: 'a page fault in stdev_release',
    fix: 'switch DMA off in remove',
    ...STORY,
    ...once('wiring', cell, wiring),
    setup: (words) => switchtecOpen(words, wiring),
    cpus: [unplugCard, closeFile],
    schedule: [step(0, END), step(1, END)],
    check: ({ answers }) => ({ happened: answers.includes('oops') }),
  }
}

export const LAST_PUT: readonly Scenario[] = [
  lastPut('dma', happens('ok oops', 'oops')),
  lastPut('repaired', prevented('ok ok')),
]
