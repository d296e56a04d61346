/** Mistakes in kernfs, sysfs, uevents, modules, work queues, interrupts and character devices. */
import type { Mutant } from './mutant.ts'
import { explore, unit } from './oracles.ts'

const ACTIVE = 'src/kernel/kernfs/active.ts'
const SELF = 'src/kernel/kernfs/self.ts'
const DIR = 'src/kernel/kernfs/dir.ts'
const WORK = 'src/kernel/workqueue.ts'
const IRQ = 'src/kernel/irq.ts'
const CDEV = 'src/kernel/cdev/cdev.ts'
const MODULE = 'src/kernel/module.ts'

export const files: readonly Mutant[] = [
  {
    name: 'kernfs-operation-on-a-closed-node',
    file: ACTIVE,
    find: '    const found = cmpxchg(kn + ACTIVE, seen, seen + 1)\n    if (found === seen) {',
    replace: '    const found = fetch_add(kn + ACTIVE, 1)\n    if (found !== -1) {',
    breaks: 'An operation tests and enters in two steps: it starts on a node that was closed between both.',
    oracle: explore('file-write-rmdir:global'),
  },
  {
    name: 'kernfs-last-operation-in-silence',
    file: ACTIVE,
    find: 'if (fetch_sub(kn + ACTIVE, 1) - 1 !== KN_DEACTIVATED_BIAS) return',
    replace: 'if (fetch_sub(kn + ACTIVE, 1) !== KN_DEACTIVATED_BIAS) return',
    breaks: 'The last operation of a closed node wakes nobody.',
    oracle: explore('file-write-rmdir:global'),
  },
  {
    name: 'kernfs-suicided-before-the-count',
    file: SELF,
    find: `    kernfs_unbreak_active_protection(kn)
    fetch_or(kn + FLAGS, KERNFS_SUICIDED)`,
    replace: `    fetch_or(kn + FLAGS, KERNFS_SUICIDED)
    kernfs_unbreak_active_protection(kn)`,
    breaks: 'A loser sees that the file is gone while the winner is still in its store.',
    oracle: explore('file-self-self:global'),
  },
  {
    name: 'kernfs-loser-does-not-wait',
    file: SELF,
    find: '  kernfs_wait_suicided(kn)\n',
    replace: '',
    breaks:
      'Of two that remove a file from its own store the loser returns while the winner is in its store.',
    oracle: explore('file-self-self:global'),
  },
  {
    name: 'kernfs-two-winners',
    file: SELF,
    find: 'if ((fetch_or(kn + FLAGS, KERNFS_SUICIDAL) & KERNFS_SUICIDAL) === 0) {',
    replace: 'if ((fetch_or(kn + FLAGS, KERNFS_SUICIDAL) & KERNFS_SUICIDED) === 0) {',
    breaks: 'Both of two that remove a file from its own store are told that they did.',
    oracle: explore('file-self-self:global'),
  },
  {
    name: 'kernfs-adds-to-a-removed-dir',
    file: DIR,
    find: 'if (!kernfs_active(dir) || (READ_ONCE(dir + flags) & KERNFS_REMOVING) !== 0) return -ENOENT',
    replace: 'if (!kernfs_active(dir) && (READ_ONCE(dir + flags) & KERNFS_REMOVING) === 0) return -ENOENT',
    breaks: 'A directory that is being removed takes new names.',
    oracle: unit('test/kernel/kernfs.test.ts'),
  },
  {
    name: 'kernfs-link-keeps-its-target',
    file: 'src/kernel/kernfs/node.ts',
    find: '    if ((READ_ONCE(at + flags) & KERNFS_LINK) !== 0) kernfs_put(as(read(at + attr)))\n',
    replace: '',
    breaks: 'A link that goes keeps its target for ever.',
    oracle: unit('test/kernel/undo.test.ts'),
  },
  {
    name: 'sysfs-target-without-lock',
    file: 'src/kernel/sysfs.ts',
    find: '  const kn = kernfs_get(sysfs_dir(target))\n  spin_unlock(lock)\n  return kn',
    replace: '  const kn = sysfs_dir(target)\n  spin_unlock(lock)\n  return kernfs_get(kn)',
    breaks: 'The target of a link is referenced after the lock that keeps it there.',
    oracle: explore('link-target:global'),
  },
  {
    name: 'sysfs-groups-stay-after-failure',
    file: 'src/kernel/sysfs_group.ts',
    find: '    while (i-- > 0) remove_group(kobj, list[i] as AttributeGroup)',
    replace: '    while (--i > 0) remove_group(kobj, list[i] as AttributeGroup)',
    breaks: 'When a group fails, the first of those made before it stays.',
    oracle: unit('test/kernel/undo.test.ts'),
  },
  {
    name: 'uevent-number-in-two-steps',
    file: 'src/kernel/uevent.ts',
    find: 'write(at + UEVENT_SEQNUM, fetch_add(g + G.seqnum, 1) + 1)',
    replace: 'fetch_add(g + G.seqnum, 1)\n  write(at + UEVENT_SEQNUM, READ_ONCE(g + G.seqnum))',
    breaks: 'Without the mutex two uevents get one number.',
    oracle: explore('uevent-send:sharded'),
  },
  {
    name: 'module-used-while-it-goes',
    file: MODULE,
    find: '  while (seen > 0) {',
    replace: '  while (seen >= 0) {',
    breaks: 'A module that is going gets a user.',
    oracle: explore('module-get-delete'),
  },
  {
    name: 'module-unloaded-in-its-init',
    file: MODULE,
    find: '      module_put(as(mod))\n      return mod',
    replace: '      return mod',
    breaks: 'A loaded module keeps the reference of its own load and can never be unloaded.',
    oracle: unit('test/kernel/module.test.ts'),
  },
  {
    name: 'module-deleted-twice',
    file: MODULE,
    find: 'const error = cmpxchg(mod + REFCNT, 1, 0) === 1 ? 0 : -EAGAIN',
    replace: 'const error = cmpxchg(mod + REFCNT, 1, 0) <= 1 ? 0 : -EAGAIN',
    breaks: 'Two delete_module both unload.',
    oracle: explore('module-delete-delete'),
  },
  {
    name: 'work-queues-itself-while-cancelled',
    file: WORK,
    find: '  write(work + STATE, WORK_CANCELING)\n  const stopped',
    replace: '  const stopped',
    breaks: 'A work queues itself again while cancel_work_sync waits for it.',
    oracle: explore('work-requeue'),
  },
  {
    name: 'work-runs-twice-at-once',
    file: WORK,
    find: '    if (!is_running(pool, ofEntry(at))) found = ofEntry(at)\n  }\n  if (found !== 0) {',
    replace: '    found = ofEntry(at)\n  }\n  if (found !== 0) {',
    breaks: 'Two CPUs run one work at the same time.',
    oracle: explore('work-two-workers'),
  },
  {
    name: 'work-end-in-silence',
    file: WORK,
    find: '  spin_unlock(worker_pool.at.lock(pool))\n  wake_up_all(worker_pool.at.done(pool))\n  return true',
    replace: '  spin_unlock(worker_pool.at.lock(pool))\n  return true',
    breaks: 'The end of a run is told to nobody who waits for it.',
    oracle: explore('work-cancel work-flush'),
  },
  {
    name: 'irq-freed-under-its-handler',
    file: IRQ,
    find: '  spin_unlock(LOCK(desc))\n  synchronize_irq(irq)',
    replace: '  spin_unlock(LOCK(desc))',
    breaks: 'free_irq does not wait for the handler that runs.',
    oracle: explore('irq-free'),
  },
  {
    name: 'irq-loses-too-many',
    file: IRQ,
    find: 'if (cmpxchg(lose, left, left - 1) === left) return true',
    replace: 'if (cmpxchg(lose, left, left - 1) <= left) return true',
    breaks: 'Two raises use up one loss.',
    oracle: explore('irq-lose'),
  },
  {
    name: 'cdev-parent-not-pinned',
    file: CDEV,
    find: '  kobject_get(as(read(KOBJ(cd) + PARENT)))\n  return 0',
    replace: '  return 0',
    breaks: 'A cdev does not keep the object alive that it is embedded in.',
    oracle: unit('test/kernel/cdev.test.ts'),
  },
  {
    name: 'cdev-range-overlaps',
    file: CDEV,
    find: 'if (first < devt + count && devt < first + read(cd + C.count)) return true',
    replace: 'if (first === devt) return true',
    breaks: 'Two cdevs share a number.',
    oracle: unit('test/kernel/cdev.test.ts'),
  },
]
