/**
 * stdev_kill against the timer.
 *
 *   cpu-0                                   cpu-1
 *   -----                                   -----
 *   stdev_kill()
 *     mutex_lock(&stdev->mrpc_mutex)
 *                                           mrpc_timeout_work()
 *                                             mutex_lock(&stdev->mrpc_mutex)
 *     cancel_delayed_work_sync()
 *     /* waits for cpu-1, which waits for cpu-0 *\/
 *
 * Why      the timer's function takes the mutex: it must be cancelled before the mutex is taken, as stdev_kill does.
 */
import { serve_pending } from '../../kernel/index.ts'
import { switchtecOpen, unplugCard, writeCommand } from '../kit/chardev.ts'
import { END, hangs, happens, once, prevented, step, type Cell, type Scenario } from '../../define/race.ts'
import { STORY, THREAD } from './common.ts'

function killOrder(wiring: string, point: string, cell: Cell): Scenario {
  return {
    name: `switchtec-kill-${wiring}`,
    title: `the time-out of a command comes while stdev_kill is at work (${wiring})`,
    source: `${THREAD}; drivers/pci/switch/switchtec.c, Linux 4.12`,
    symptom: 'remove and the timer wait for each other',
    fix: 'cancel the timer before the mutex is taken',
    ...STORY,
    ...once('wiring', cell, wiring),
    setup: (words) => Math.min(switchtecOpen(words, wiring) || writeCommand(words), 0),
    cpus: [unplugCard, () => serve_pending(Infinity)],
    schedule: [step(0, point), step(1, END), step(0, END)],
    check: ({ answers }) => ({ happened: answers.includes('hangs') }),
  }
}

function lateWrite(wiring: string, cell: Cell): Scenario {
  return {
    name: `switchtec-write-${wiring}`,
    title: `a command is sent while stdev_kill has cancelled the timer and not yet cleared alive (${wiring})`,
    source: `${THREAD}; drivers/pci/switch/switchtec.c since 041f6e7 (read; no report was found)`,
    symptom: 'the timer is armed again, and goes off when the registers are no longer mapped',
    fix: 'the timer asks whether the device lives',
    ...STORY,
    ...once('wiring', cell, wiring),
    setup: (words) => switchtecOpen(words, wiring),
    cpus: [unplugCard, (words) => Math.min(writeCommand(words), 0), () => serve_pending(Infinity)],
    schedule: [step(0, 'stdev_kill:timer_stopped'), step(1, END), step(0, END), step(2, END)],
    check: ({ answers }) => ({ happened: answers.includes('oops') }),
  }
}

export const KILL_ORDER: readonly Scenario[] = [
  killOrder('reversed', 'stdev_kill:locked', hangs('hangs hangs', 'lockdep', 'hung task')),
  killOrder('v6', 'stdev_kill:timer_stopped', prevented('ok ok')),
  lateWrite('v6', happens('ok ok oops', 'oops')),
  lateWrite('repaired', happens('ok ok oops', 'oops')),
  lateWrite('hardened', prevented('ok ok ok')),
]
