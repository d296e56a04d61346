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
  {
    name: 'kernfs-get-revives',
    file: 'src/kernel/kernfs/node.ts',
    find: '  for (let seen = READ_ONCE(kn + count); seen > 0;) {',
    replace: '  for (let seen = READ_ONCE(kn + count); seen >= 0;) {',
    breaks: 'kernfs_get takes a reference to a node that has none.',
    oracle: unit('test/kernel/kernfs.test.ts'),
  },
  {
    name: 'kernfs-closed-twice',
    file: 'src/kernel/kernfs/active.ts',
    find: `  let seen = READ_ONCE(kn + ACTIVE)
  while (seen >= 0) {
    const found = cmpxchg(kn + ACTIVE, seen, seen + KN_DEACTIVATED_BIAS)
    if (found === seen) return
    seen = found
  }`,
    replace: '  if (READ_ONCE(kn + ACTIVE) >= 0) fetch_add(kn + ACTIVE, KN_DEACTIVATED_BIAS)',
    breaks: 'Two removers both add the bias.',
    oracle: {
      equivalent:
        'Who closes a node holds the lock of its directory for writing (the lock of the tree, or that of the parent): there is one at a time, and nobody else takes a count across 0.',
    },
  },
  {
    name: 'kernfs-opens-what-is-removed',
    file: 'src/kernel/kernfs/dir.ts',
    find: 'if ((seen & (KERNFS_ACTIVATED | KERNFS_REMOVING)) === 0) {',
    replace: 'if ((seen & KERNFS_ACTIVATED) === 0) {',
    breaks: 'A node whose removal has begun is opened.',
    oracle: explore('kernfs-link-remove:sharded'),
  },
  {
    name: 'work-flush-of-the-last-run',
    file: 'src/kernel/workqueue.ts',
    find: 'const run = read(work + BEGUN) + (read(work + STATE) === WORK_QUEUED ? 1 : 0)',
    replace: 'const run = read(work + BEGUN)',
    breaks: 'flush_work does not wait for a run that is queued.',
    oracle: explore('work-flush'),
  },
  {
    name: 'irq-raise-lost-behind-the-handler',
    file: 'src/kernel/irq.ts',
    find: `  if (elsewhere) write(desc + D.again, 1)
  else handle(desc, irq)`,
    replace: '  if (!elsewhere) handle(desc, irq)',
    breaks: 'A raise that comes while the handler runs elsewhere is lost.',
    oracle: explore('irq-again'),
  },
  {
    name: 'cdev-opens-a-dead-object',
    file: 'src/kernel/cdev/cdev.ts',
    find: 'if (kobject_get_unless_zero(KOBJ(cd)) !== 0) return true',
    replace: 'if (kobject_get(KOBJ(cd)) !== 0) return true',
    breaks: 'An open finds a cdev whose last reference is gone.',
    oracle: {
      equivalent:
        'A cdev that is found is on its list, under cdev_lock, and cdev_del takes it off the list under that lock before it drops the reference of the maker: the count of what is found is never 0.',
    },
  },
  {
    name: 'cdev-major-not-given-back',
    file: 'src/kernel/cdev/cdev.ts',
    find: '& ~(1 << (LAST_MAJOR - major)))',
    replace: '& ~(1 << (LAST_MAJOR - major + 32)) | (1 << (LAST_MAJOR - major)))',
    breaks: 'A major number that was given back cannot be had again.',
    oracle: unit('test/kernel/cdev.test.ts'),
  },
  {
    name: 'uevent-end-told-twice',
    file: 'src/kernel/uevent.ts',
    find: `  if (action === KOBJ_REMOVE) fetch_or(kobj + STATE, KOBJ_REMOVE_SENT)
`,
    replace: '',
    also: [
      {
        find: 'import { KOBJ_ADD_SENT, KOBJ_REMOVE_SENT, kobject,',
        replace: 'import { KOBJ_ADD_SENT, kobject,',
      },
      {
        find: `  KOBJ_REMOVE,
  UEVENT_ACTION`,
        replace: '  UEVENT_ACTION',
      },
    ],
    breaks: 'An object whose end was told tells it once more when it is freed.',
    oracle: unit('test/kernel/undo.test.ts'),
  },
  {
    name: 'uevent-unsent-counts-as-sent',
    file: 'src/kernel/uevent.ts',
    find: `  if (should_fail()) return -ENOMEM
  if (action === KOBJ_ADD) fetch_or(kobj + STATE, KOBJ_ADD_SENT)`,
    replace: `  if (action === KOBJ_ADD) fetch_or(kobj + STATE, KOBJ_ADD_SENT)
  if (should_fail()) return -ENOMEM`,
    breaks: 'An object of which nobody has heard tells its end.',
    oracle: unit('test/kernel/undo.test.ts'),
  },
  {
    name: 'file-read-twice',
    file: 'src/kernel/file.ts',
    find: `  if (typeof result === 'string') write(of + POS, read(of + POS) + result.length)
`,
    replace: '',
    breaks: 'A file that is read to its end begins anew.',
    oracle: unit('test/kernel/kernfs.test.ts'),
  },
  {
    name: 'file-open-keeps-the-node',
    file: 'src/kernel/file.ts',
    find: `  kmem_cache_free(file_cache(), kernfs_open_file, of)
  kernfs_put(kn)`,
    replace: '  kmem_cache_free(file_cache(), kernfs_open_file, of)',
    breaks: 'A closed file keeps its node for ever.',
    oracle: unit('test/kernel/undo.test.ts'),
  },
  {
    name: 'file-failed-open-stays-active',
    file: 'src/kernel/file.ts',
    find: `  kernfs_put_active(kn)
  return of === 0 ? -ENOMEM : of`,
    replace: `  if (of !== 0) kernfs_put_active(kn)
  return of === 0 ? -ENOMEM : of`,
    breaks: 'An open that fails stays in the node: its removal waits for ever.',
    oracle: unit('test/kernel/undo.test.ts'),
  },
  {
    name: 'delayed-work-put-off-in-silence',
    file: 'src/kernel/delayed_work.ts',
    find: `  if (go && state === WORK_QUEUED) wake_flushers(pool)
`,
    replace: '',
    breaks: 'Who waits for a run that is put off waits for ever.',
    oracle: explore('work-flush-mod'),
  },
  {
    name: 'work-cancel-in-silence',
    file: 'src/kernel/workqueue.ts',
    find: `  if (wanted) wake_flushers(pool)
  return wanted`,
    replace: '  return wanted',
    breaks: 'Who waits for a run that is called off waits for ever.',
    oracle: explore('work-flush-cancel'),
  },
  {
    name: 'module-failed-init-stays',
    file: 'src/kernel/module.ts',
    find: `  WRITE_ONCE(mod + REFCNT, 0)
  WRITE_ONCE(mod + STATE, MODULE_UNMAPPED)
  kobject_put(module_kobj(mod))
  return error`,
    replace: `  WRITE_ONCE(mod + STATE, MODULE_UNMAPPED)
  kobject_put(module_kobj(mod))
  return error`,
    breaks: 'A module whose init failed still gets users.',
    oracle: unit('test/kernel/module.test.ts'),
  },
]
