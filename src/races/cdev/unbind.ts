/**
 * The driver is unbound while a file is open.
 *
 *   cpu-0
 *   -----
 *   unbind_store()
 *     device_release_driver_internal()
 *       release_nodes()
 *         pcim_release()
 *           free_msi_irqs()
 *           /* BUG_ON(irq_has_action) *\/
 *
 * Why      v4 hung the handler on the class device, which the open file pins; the vectors hang on the PCI device, whose
 *          managed resources go at unbind.
 */
import { switchtecOpen, unbindCard, unplugCard, writeCommand } from '../kit/chardev.ts'
import { END, happens, once, prevented, step, type Cell, type Scenario } from '../../define/race.ts'
import { STORY, THREAD } from './common.ts'

function unbind(wiring: string, cell: Cell): Scenario {
  return {
    name: `switchtec-unbind-${wiring}`,
    title: `a Switchtec ${wiring} is unbound while a file is open`,
    source: `${THREAD}: Logan Gunthorpe and Bjorn Helgaas, 1 March 2017`,
    symptom: 'kernel BUG at drivers/pci/msi.c:371',
    fix: 'register the interrupt against the pci_dev',
    ...STORY,
    ...once('wiring', cell, wiring),
    setup: (words) => switchtecOpen(words, wiring),
    cpus: [() => unbindCard('switchtec'), (words) => Math.min(writeCommand(words), 0)],
    schedule: [step(0, END), step(1, END)],
    check: ({ answers }) => ({ happened: answers.includes('oops') }),
  }
}

/** The test without a lock, and the same under the mutex. */
function inside(wiring: string, cell: Cell): Scenario {
  return {
    name: `switchtec-inside-${wiring}`,
    title: `a write has found a Switchtec ${wiring} alive when the card is unplugged`,
    source: `${THREAD}: Bjorn Helgaas, 1 March 2017: "an alive flag feels racy"`,
    symptom: 'the write touches registers that are no longer mapped',
    fix: 'test under the mutex that removal takes',
    ...STORY,
    ...once('wiring', cell, wiring),
    setup: (words) => switchtecOpen(words, wiring),
    cpus: [unplugCard, (words) => Math.min(writeCommand(words), 0)],
    schedule: [step(1, 'switchtec_dev_write:tested'), step(0, END), step(1, END)],
    labels: { 'switchtec_dev_write:tested': '/* stdev_is_alive() */' },
    check: ({ answers }) => ({ happened: answers.includes('oops') }),
  }
}

export const UNBIND: readonly Scenario[] = [
  // What v3 does wrong is another thing: a write that has tested the mapping by then.
  unbind('v3', prevented('ok ENXIO')),
  // The mapping is a managed resource of the PCI device too, and went before the vectors.
  unbind('v4', happens('oops oops', 'oops')),
  unbind('v5', prevented('ok ENODEV')),
  unbind('v6', prevented('ok ENODEV')),
  inside('v3', happens('ok oops', 'oops')),
  inside('v6', prevented('ok ENODEV')),
]
