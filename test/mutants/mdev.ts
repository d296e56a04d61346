/** Mistakes in mdev: gates, namespaces, sequences, the core around them. */
import type { Mutant } from './mutant.ts'
import { explore, storm, unit } from './oracles.ts'

const CORE = 'src/mdev/core.ts'
const UNREGISTER = 'src/mdev/unregister.ts'
const PLACEHOLDER = 'src/mdev/namespaces/placeholder.ts'
const HOTPLUG = '--vendor none --warmup 2 --rounds 40 --cpus 4 --parents 2 --hotplug 0.3 --affinity spread'

export const mdev: readonly Mutant[] = [
  {
    name: 'gate-rwsem-does-not-wait',
    file: 'src/mdev/gates/rwsem.ts',
    find: '  try_enter: (parent) => (down_read_trylock(sem(parent)) ? 0 : -ENODEV),\n  exit(parent) {\n    up_read(sem(parent))\n  },',
    replace:
      '  try_enter: (parent) => {\n    if (!down_read_trylock(sem(parent))) return -ENODEV\n    up_read(sem(parent))\n    return 0\n  },\n  exit() {},',
    breaks: 'Whoever enters does not stay inside: unregistration waits for nobody.',
    oracle: explore('gate:rwsem'),
  },
  {
    name: 'gate-refcount-last-in-silence',
    file: 'src/mdev/gates/refcount.ts',
    find: '  exit(parent) {\n    if (refcount_dec_and_test(count(parent))) complete(done(parent))',
    replace: '  exit(parent) {\n    refcount_dec_and_test(count(parent))',
    breaks: 'The last to leave does not tell the unregistration.',
    oracle: explore('gate:refcount'),
  },
  {
    name: 'gate-srcu-looks-outside',
    file: 'src/mdev/gates/srcu.ts',
    find: `    const idx = srcu_read_lock(domain(parent))
    if (READ_ONCE(parent + SELF) !== 0) return idx`,
    replace: `    const open = READ_ONCE(parent + SELF) !== 0
    const idx = srcu_read_lock(domain(parent))
    if (open) return idx`,
    breaks: 'The gate is looked at before the reader is counted: unregistration passes between both.',
    oracle: explore('gate:srcu'),
  },
  {
    name: 'gate-srcu-does-not-wait',
    file: 'src/mdev/gates/srcu.ts',
    find: '    WRITE_ONCE(parent + SELF, 0)\n    synchronize_srcu(domain(parent))',
    replace: '    WRITE_ONCE(parent + SELF, 0)',
    breaks: 'Unregistration does not wait for readers.',
    oracle: storm(`--strategies srcu ${HOTPLUG}`),
  },
  {
    name: 'gate-percpu-ref-does-not-wait',
    file: 'src/mdev/gates/percpu_ref.ts',
    find: '    percpu_ref_wait(ref(parent))\n',
    replace: '',
    breaks: 'Unregistration does not wait for references.',
    oracle: storm(`--strategies sharded ${HOTPLUG}`),
  },
  {
    name: 'gate-refcount-does-not-wait',
    file: 'src/mdev/gates/refcount.ts',
    find: '    wait_for_completion(done(parent))',
    replace: '    try_wait_for_completion(done(parent))',
    also: [{ find: '  wait_for_completion,\n', replace: '  try_wait_for_completion,\n' }],
    breaks: 'Unregistration does not wait until all have left.',
    oracle: storm(`--strategies refcount ${HOTPLUG}`),
  },
  {
    name: 'gate-refcount-no-newcomer-refused',
    file: 'src/mdev/gates/refcount.ts',
    find: '  begin_unregister(parent) {\n    if (refcount_dec_and_test(count(parent))) complete(done(parent))',
    replace: '  begin_unregister(parent) {\n    if (!refcount_dec_not_one(count(parent))) return',
    also: [
      { find: '  refcount_inc_not_zero,\n', replace: '  refcount_dec_not_one,\n  refcount_inc_not_zero,\n' },
    ],
    breaks: 'Unregistration of an idle parent refuses no newcomers.',
    oracle: explore('gate:refcount'),
  },
  {
    name: 'namespace-unlocks-between',
    file: PLACEHOLDER,
    find: `    const mdev = find_uuid(mdev_list(), uuid) !== 0 ? -EEXIST : alloc_mdev(parent, uuid)
    if (mdev > 0) list_add(mdev_link(as(mdev)), mdev_list())
    mutex_unlock(mdev_list_lock())
    return mdev`,
    replace: `    const mdev = find_uuid(mdev_list(), uuid) !== 0 ? -EEXIST : alloc_mdev(parent, uuid)
    mutex_unlock(mdev_list_lock())
    mutex_lock(mdev_list_lock())
    if (mdev > 0) list_add(mdev_link(as(mdev)), mdev_list())
    mutex_unlock(mdev_list_lock())
    return mdev`,
    breaks: 'The lock is given back between the search for the uuid and its entry.',
    oracle: explore('uuid:placeholder'),
  },
  {
    name: 'namespace-sharded-unlocks-between',
    file: 'src/mdev/namespaces/sharded.ts',
    find: `    const mdev = find_uuid(as(at), uuid) !== 0 ? -EEXIST : alloc_mdev(parent, uuid)
    if (mdev > 0) list_add(mdev_link(as(mdev)), as(at))`,
    replace: `    const mdev = find_uuid(as(at), uuid) !== 0 ? -EEXIST : alloc_mdev(parent, uuid)
    mutex_unlock(lock_of(at))
    mutex_lock(lock_of(at))
    if (mdev > 0) list_add(mdev_link(as(mdev)), as(at))`,
    breaks: 'The same in a bucket.',
    oracle: explore('uuid:sharded'),
  },
  {
    name: 'namespace-two-removers',
    file: PLACEHOLDER,
    find: '    if (ret === 0) WRITE_ONCE(mdev + ACTIVE, 0)\n',
    replace: '',
    breaks: 'Two removers both own the removal.',
    oracle: explore('removers:placeholder'),
  },
  {
    name: 'namespace-removes-the-unfinished',
    file: PLACEHOLDER,
    find: 'ret = READ_ONCE(mdev + ACTIVE) === 1 ? 0 : -EAGAIN',
    replace: 'ret = READ_ONCE(mdev + ACTIVE) >= 0 ? 0 : -EAGAIN',
    breaks: 'A device can be removed while it is being created.',
    oracle: explore('removers:placeholder'),
  },
  {
    name: 'namespace-per-parent-finds-twice',
    file: 'src/mdev/namespaces/per_parent.ts',
    find: '    if (found) list_del(mdev_link(mdev))\n    mutex_unlock(mdev_list_lock())\n    if (!found)',
    replace: '    mutex_unlock(mdev_list_lock())\n    if (!found)',
    breaks: 'A device stays in the list while it is removed, and a second remover finds it.',
    oracle: explore('removers:per_parent'),
  },
  {
    name: 'namespace-global-keeps-its-lock',
    file: 'src/mdev/namespaces/global.ts',
    find: '    if (in_list(mdev_list(), mdev)) return 0\n    mutex_unlock(mdev_list_lock())\n    return -ENODEV',
    replace: '    if (in_list(mdev_list(), mdev)) return 0\n    return -ENODEV',
    breaks: 'A remover that finds nothing keeps mdev_list_lock.',
    oracle: explore('removers:global'),
  },
  {
    name: 'create-stays-in-the-gate',
    file: CORE,
    find: '    leave(gate, parent, cookie)\n    return claimed',
    replace: '    return claimed',
    breaks: 'A create whose uuid is taken stays inside the gate: unregistration waits for ever.',
    oracle: storm(`--strategies srcu --duplicates 0.5 ${HOTPLUG}`, { hangs: true }),
  },
  {
    name: 'create-undoes-forwards',
    file: CORE,
    find: '    while (--i >= 0) (steps[i] as CreateStep).undo(mdev)\n    return ret',
    replace: '    for (let j = 0; j < i; j++) (steps[j] as CreateStep).undo(mdev)\n    return ret',
    breaks: 'A create that fails undoes its steps in the order in which they were done.',
    oracle: unit('test/contract/sequence.contract.test.ts'),
  },
  {
    name: 'create-keeps-parent-on-failure',
    file: CORE,
    find: '  if (ret !== 0) mdev_put_parent(parent)\n  trace_leave',
    replace: '  trace_leave',
    breaks: 'A create that fails keeps a reference to the parent.',
    oracle: storm(`--strategies rwsem --duplicates 0.5 ${HOTPLUG}`),
  },
  {
    name: 'create-leaks-the-claim',
    file: CORE,
    find: '    leave(gate, parent, cookie)\n    mdev_device_free(s, parent, mdev)\n    return ret',
    replace: '    leave(gate, parent, cookie)\n    s.namespace.abandon(parent)\n    return ret',
    breaks: 'A create that is refused after its claim leaves the uuid taken.',
    oracle: unit('test/mdev/dying.test.ts'),
  },
  {
    name: 'remove-works-outside-the-gate',
    file: CORE,
    find: '  const cookie = gate.try_enter(parent)\n  if (cookie < 0 || mdev_pinned_and_gone(mdev)) {\n    leave(gate, parent, cookie)\n    return -ENODEV\n  }\n  gauge_enter(WORK_REMOVE, parent)',
    replace:
      '  const cookie = gate.try_enter(parent)\n  if (cookie < 0 || mdev_pinned_and_gone(mdev)) {\n    leave(gate, parent, cookie)\n    return -ENODEV\n  }\n  gate.exit(parent, cookie)\n  gauge_enter(WORK_REMOVE, parent)',
    breaks: 'A remover leaves the gate before it works, and once more afterwards.',
    oracle: explore('remove-unregister:srcu', 5_000),
  },
  {
    name: 'unregister-leaves-parent-listed',
    file: UNREGISTER,
    find: '  if (parent !== 0) list_del(link(parent))\n',
    replace: '',
    breaks: 'A parent stays in the list after it was unregistered.',
    oracle: storm(`--strategies rwsem ${HOTPLUG}`),
  },
  {
    name: 'unregister-walks-before-the-gate',
    file: UNREGISTER,
    find: `  gate.begin_unregister(parent)
  trace_point('mdev_unregister_device:closed')
  mdev_compat_unlink(dev)
  device_for_each_child(dev, (child) => {
    if (dev_is_mdev(child)) mdev_device_remove_cb(to_mdev_device(child))
    return 0
  })`,
    replace: `  trace_point('mdev_unregister_device:closed')
  mdev_compat_unlink(dev)
  device_for_each_child(dev, (child) => {
    if (dev_is_mdev(child)) mdev_device_remove_cb(to_mdev_device(child))
    return 0
  })
  gate.begin_unregister(parent)`,
    breaks: 'Children are removed before the gate is closed: one that is created meanwhile is left behind.',
    oracle: explore('create-unregister:rwsem', 5_000),
  },
  {
    name: 'parent-destroyed-before-its-device',
    file: 'src/mdev/parent.ts',
    find: '  kmem_cache_free(as(read(g + CACHE)), mdev_parent, parent)\n  put_device(dev)',
    replace: '  kmem_cache_free(as(read(g + CACHE)), mdev_parent, parent)',
    breaks: 'The last reference to a parent keeps its device.',
    oracle: storm(`--strategies rwsem ${HOTPLUG}`),
  },
  {
    name: 'veto-ignores-the-vendor',
    file: CORE,
    find: '  return force ? 0 : ret',
    replace: '  return force ? ret : 0',
    breaks: 'The vendor may not refuse, but where the parent goes it may.',
    oracle: unit('test/contract/sequence.contract.test.ts'),
  },
  {
    name: 'remove-refused-loses-its-file',
    file: 'src/mdev/attributes.ts',
    find: 'if (error !== 0 && strategy().sequence.vendorMayRefuse) device_create_file(dev_of(mdev), attr)',
    replace: 'if (error > 0 && strategy().sequence.vendorMayRefuse) device_create_file(dev_of(mdev), attr)',
    breaks: 'A device whose removal was refused has no remove file any more.',
    oracle: unit('test/contract/sequence.contract.test.ts'),
  },
  {
    name: 'links-stay-after-failure',
    file: 'src/mdev/sysfs.ts',
    find: '  if (ret !== 0) sysfs_remove_link(devices, dev_name(dev))\n  return ret',
    replace: '  return ret',
    breaks: 'When a file of a device fails, its link in the type stays.',
    oracle: unit('test/mdev/unwind.test.ts'),
  },
  {
    name: 'instances-below-zero',
    file: 'src/mdev/instances.ts',
    find: 'seen > 0;) {',
    replace: 'seen >= 0;) {',
    breaks: 'A parent makes one device more than it can.',
    oracle: unit('test/drivers/limits.test.ts'),
  },
  {
    name: 'instances-not-given-back',
    file: 'src/mdev/instances.ts',
    find: '  if (counter !== 0) fetch_add(counter, 1)',
    replace: '  if (counter === 0) fetch_add(counter, 1)',
    breaks: 'A device that goes does not give its instance back.',
    oracle: unit('test/drivers/limits.test.ts'),
  },
  {
    name: 'alias-too-long-by-one',
    file: 'src/mdev/alias.ts',
    find: 'return (wanted(parent) + 1) >> 1 > DIGEST_BYTES',
    replace: 'return wanted(parent) >> 1 > DIGEST_BYTES',
    breaks: 'An alias of 41 digits is promised, and there are 40.',
    oracle: unit('test/mdev/alias.test.ts'),
  },
  {
    name: 'alias-refused-and-given-back',
    file: 'src/mdev/alias.ts',
    find: `  else write(mdev + LENGTH, 0)
`,
    replace: '',
    breaks: 'A device whose alias is taken takes off a list what it never put there.',
    oracle: unit('test/mdev/alias.test.ts'),
  },
  {
    name: 'register-refused-keeps-device',
    file: 'src/mdev/register.ts',
    find: `  if (ret !== 0) put_device(dev)
  else mdev_announce(dev, true)`,
    replace: '  if (ret === 0) mdev_announce(dev, true)',
    breaks: 'A registration that is refused keeps a reference to the device.',
    oracle: unit('test/mdev/dying.test.ts'),
  },
  {
    name: 'register-twice-errno',
    file: 'src/mdev/register.ts',
    find: 'read(found + P.going) === 1 ? -EBUSY : -EEXIST',
    replace: 'read(found + P.going) === 1 ? -EEXIST : -EBUSY',
    breaks: 'Who registers twice is told to try again.',
    oracle: unit('test/mdev/dying.test.ts'),
  },
  {
    name: 'register-failure-keeps-the-gate',
    file: 'src/mdev/register.ts',
    find: `    if (ret !== 0) gate.destroy(parent)
`,
    replace: '',
    breaks: 'A parent that cannot be registered leaks what its gate was made of.',
    oracle: unit('test/mdev/unwind.test.ts'),
  },
  {
    name: 'type-failure-keeps-its-directory',
    file: 'src/mdev/type_sysfs.ts',
    find: `    if (ret !== 0) kobject_del(kobj)
`,
    replace: '',
    breaks: 'A type that cannot be made leaves its directory.',
    oracle: {
      equivalent:
        'Nobody else has the object yet: kobject_put drops the only reference, and the clean-up deletes what is still in sysfs. It is in no kset, so no uevent tells of either.',
    },
  },
]
