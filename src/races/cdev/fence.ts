/**
 * An operation is in the driver while the card goes.
 *
 *   cpu-0                                   cpu-1
 *   -----                                   -----
 *                                           gadget_read()
 *                                             if (!alive) return
 *   gadget_unregister()
 *     alive = false
 *   pcim_iomap_release()
 *                                             ioread32()
 *                                             /* no longer mapped *\/
 *
 * Why      a flag that is tested and then left alone says nothing about the next instruction. Every other fence makes
 *          unregistration wait for who is inside.
 */
import { FENCES } from '../../fences/index.ts'
import { closeFile, gadgetOpen, readGadget, unplugCard } from '../kit/chardev.ts'
import { END, hangs, happens, once, prevented, step, type Scenario } from '../../define/race.ts'
import { STORY, THREAD } from './common.ts'

function readAndClose(words: number): number {
  const ret = readGadget(words)
  closeFile(words)
  return Math.min(ret, 0)
}

const INSIDE: readonly Scenario[] = FENCES.map(({ name, history, strong }) => ({
  name: `fence-inside-${name}`,
  title: `an operation is in the driver while the card is unplugged; fence: ${name} (${history})`,
  source: `${THREAD}: Bjorn Helgaas and Jason Gunthorpe, 1 March 2017`,
  symptom: 'the driver uses registers that are no longer mapped',
  fix: 'a strong fence: after unregistration nothing runs in the driver, and nothing ever will',
  ...STORY,
  ...once('fence', strong ? prevented('ok ok') : happens('ok oops', 'oops'), name),
  setup: (words) => gadgetOpen(words, name),
  cpus: [unplugCard, readAndClose],
  schedule: [step(1, 'gadget_read:inside'), step(0, END), step(1, END), step(0, END)],
  check: ({ answers }) => ({ happened: answers.includes('oops') }),
}))

const forgotten: Scenario = {
  name: 'fence-never-closed',
  title: 'the card is unplugged and a user never closes its file; fence: wait-close',
  source: `${THREAD}: Jason Gunthorpe, 1 March 2017`,
  symptom: 'unregistration waits for user space',
  fix: 'the detach flavour: old files stay open and answer with an error',
  ...STORY,
  ...once('fence', hangs('hangs ok', 'hung task'), 'wait-close'),
  setup: (words) => gadgetOpen(words, 'wait-close'),
  cpus: [unplugCard, (words) => Math.min(readGadget(words), 0)],
  schedule: [step(0, END), step(1, END)],
  check: ({ answers }) => ({ happened: answers.includes('hangs') }),
}

export const FENCE: readonly Scenario[] = [...INSIDE, forgotten]
