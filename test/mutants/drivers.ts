/** Mistakes in drivers and fences: TPM, Switchtec, subfunctions, virtual GPUs. */
import type { Mutant } from './mutant.ts'
import { explore, unit } from './oracles.ts'

const CHIP = 'src/drivers/tpm/chip.ts'
const TRANSMIT = 'src/drivers/tpm/transmit.ts'
const MRPC = 'src/drivers/switchtec/mrpc.ts'
const STDEV = 'src/drivers/switchtec/stdev.ts'

export const drivers: readonly Mutant[] = [
  {
    name: 'tpm-unregisters-in-silence',
    file: CHIP,
    find: '  wake_up_poll(tpm_chip.at.poll_wait(chip))\n',
    replace: '',
    breaks: 'Unregistration does not wake a sleeper that nobody else will wake.',
    oracle: explore('tpm-busy'),
  },
  {
    name: 'tpm-operations-outside-the-fence',
    file: CHIP,
    find: '  down_read(SEM(chip))\n  if (read(chip + C.ops) !== 0) return 0',
    replace: '  const there = read(chip + C.ops) !== 0\n  down_read(SEM(chip))\n  if (there) return 0',
    breaks: 'The operations are looked at before the semaphore is held.',
    oracle: explore('tpm-fence'),
  },
  {
    name: 'tpm-fence-before-the-node',
    file: CHIP,
    find: '  write(chip + C.ops, 0)\n  up_write(SEM(chip))',
    replace: '  up_write(SEM(chip))\n  write(chip + C.ops, 0)',
    breaks: 'The operations are taken away after the semaphore was given back.',
    oracle: explore('tpm-fence'),
  },
  {
    name: 'tpm-sleeps-with-operations',
    file: TRANSMIT,
    find: `    tpm_put_ops(chip)
    expired = wait_woken(wq, token, false, deadline, true) === -ETIME
    finish_wait(wq)
    if (tpm_try_get_ops(chip) !== 0) return -EPIPE`,
    replace: `    expired = wait_woken(wq, token, false, deadline, true) === -ETIME
    finish_wait(wq)`,
    breaks: 'A task sleeps with operations in hand, and unregistration waits for it.',
    oracle: explore('tpm-transmit tpm-busy'),
  },
  {
    name: 'tpm-claim-kept',
    file: TRANSMIT,
    find: '    result = carry_out(chip, priv, buf, len)\n    unclaim(chip)',
    replace: '    result = carry_out(chip, priv, buf, len)\n    if (result >= 0) unclaim(chip)',
    breaks: 'A command that fails keeps the hardware claimed.',
    oracle: unit('test/drivers/tpm.test.ts', '', { hangs: true, limitS: 40 }),
  },
  {
    name: 'tpm-open-not-exclusive',
    file: 'src/drivers/tpm/fops.ts',
    find: 'if (exclusive && fetch_or(chip + IS_OPEN, 1) !== 0) return -EBUSY',
    replace: 'if (exclusive && fetch_or(chip + IS_OPEN, 1) > 1) return -EBUSY',
    breaks: 'Two files have tpm0 open.',
    oracle: unit('test/drivers/tpm.test.ts'),
  },
  {
    name: 'tpm-release-does-not-cancel',
    file: 'src/drivers/tpm/fops.ts',
    find: '  cancel_work_sync(ASYNC(priv))\n',
    replace: '',
    breaks: 'A file is freed while its command is queued.',
    oracle: explore('tpm-async'),
  },
  {
    name: 'switchtec-kills-in-silence',
    file: MRPC,
    find: '  wake_up_poll(switchtec_user.at.comp(stuser))\n',
    replace: '',
    breaks: 'A user whose command is over is not woken.',
    oracle: explore('switchtec-read:v6'),
  },
  {
    name: 'switchtec-alive-for-ever',
    file: STDEV,
    find: '  write(stdev + S.alive, 0)\n  mrpc_release_all(stdev)',
    replace: '  mrpc_release_all(stdev)',
    breaks: 'A card that goes still takes commands.',
    oracle: explore('switchtec-write:hardened'),
  },
  {
    name: 'fence-sleeper-does-not-ask',
    file: 'src/fences/fence_sleep.ts',
    find: '  if (wakes && !waits && READ_ONCE(f + F.alive) === 0) return gone\n',
    replace: '',
    breaks: 'Who is inside and not yet on the queue when the sleepers are woken falls asleep for ever.',
    oracle: explore('fence-sleep:srcu'),
  },
  {
    name: 'mdpy-remove-uncounted',
    file: 'src/drivers/mdpy/mdpy.ts',
    find: 'WRITE_ONCE(data + COUNT, data_race(data + COUNT) - 1)',
    replace: 'WRITE_ONCE(data + COUNT, data_race(data + COUNT))',
    breaks: 'A card that was full once stays full.',
    oracle: unit('test/drivers/limits.test.ts'),
  },
  {
    name: 'switchtec-leaves-queue-first',
    file: 'src/drivers/switchtec/mrpc.ts',
    find: `  complete_all(stuser)
  list_del_init(LIST(stuser))
  stuser_put(stuser)`,
    replace: `  list_del_init(LIST(stuser))
  stuser_put(stuser)
  complete_all(stuser)`,
    breaks: 'A user is told after the reference that keeps it was dropped.',
    oracle: explore('switchtec-close:v6'),
  },
  {
    name: 'switchtec-kill-without-lock',
    file: 'src/drivers/switchtec/stdev.ts',
    find: `  mutex_lock(LOCK(stdev))
  kill_users(stdev)
  mutex_unlock(LOCK(stdev))
  wake_up_poll(EVENT_WQ(stdev))
  trace_leave('stdev_kill')
}

/** The control`,
    replace: `  kill_users(stdev)
  wake_up_poll(EVENT_WQ(stdev))
  trace_leave('stdev_kill')
}

/** The control`,
    breaks: 'The users of a card are let go without the lock of the queue.',
    oracle: explore('switchtec-write:hardened'),
  },
  {
    name: 'switchtec-timer-reference',
    file: 'src/drivers/switchtec/mrpc.ts',
    find: '  if (!armed) put_device(DEV(stdev))',
    replace: '  if (armed) put_device(DEV(stdev))',
    breaks: 'A timer that goes off later has no reference to its device.',
    oracle: unit('test/drivers/switchtec.test.ts', 'has a reference'),
  },
  {
    name: 'switchtec-next-command-not-sent',
    file: 'src/drivers/switchtec/mrpc.ts',
    find: `  take_result(stdev, stuser, status)
  leave_queue(stuser)
  write(stdev + S.mrpc_busy, 0)
  mrpc_cmd_submit(stdev)`,
    replace: `  take_result(stdev, stuser, status)
  leave_queue(stuser)
  write(stdev + S.mrpc_busy, 0)`,
    breaks: 'When a command is over, the next one in the queue is not sent.',
    oracle: unit('test/drivers/switchtec.test.ts', 'commands of several files'),
  },
  {
    name: 'switchtec-number-not-given-back',
    file: 'src/kernel/pci/pci_chardev.ts',
    find: `  ida_free(read(at + K.numbers), read(object + field))
  kmem_cache_free(`,
    replace: '  kmem_cache_free(',
    breaks: 'The number of a card that is gone is never given out again.',
    oracle: unit('test/drivers/switchtec.test.ts'),
  },
  {
    name: 'mtty-dual-port-takes-one',
    file: 'src/drivers/mtty/mtty.ts',
    find: 'cmpxchg(data + PORTS, left, left - want) === left',
    replace: 'cmpxchg(data + PORTS, left, left - 1) === left',
    breaks: 'A device of two ports takes one and gives two back.',
    oracle: unit('test/drivers/limits.test.ts'),
  },
  {
    name: 'mbochs-exactly-full-is-too-full',
    file: 'src/drivers/mbochs/mbochs.ts',
    find: '      if (used + sizeOf(type) > MBOCHS_MBYTES) return -ENOSPC',
    replace: '      if (used + sizeOf(type) >= MBOCHS_MBYTES) return -ENOSPC',
    breaks: 'The last device that would fit is refused.',
    oracle: unit('test/drivers/limits.test.ts'),
  },
]
