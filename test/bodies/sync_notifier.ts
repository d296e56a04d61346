/** Bodies for the tests of notifier chains. Each takes the addresses it works on. */
import { fetch_add, read, READ_ONCE } from '#access'
import { as } from '../../src/base/addr.ts'
import * as sync from '../../src/sync/index.ts'
import { arrive, await_stage, nap, reach, type SyncArg } from './sync_stage.ts'

const heard = sync.notifiers.define('test_heard', (_nb, _action, data) => {
  if (READ_ONCE(data) === 0) fetch_add(data + 1, 1)
  return sync.NOTIFY_OK
})

/** Makes the block and the chain. */
export function notifierInit(_cpu: number, _cpus: number, arg: SyncArg): void {
  sync.notifier_block_init(as(arg.words + 8), heard)
  sync.srcu_init_notifier_head(as(arg.object), 'test')
}

/** CPU 0 registers, unregisters and then breaks what the block looks at; the others call. Nobody may find it broken. */
export function notifierStorm(cpu: number, cpus: number, arg: SyncArg): number {
  const nh = as<'srcu_notifier_head'>(arg.object)
  const nb = as<'notifier_block'>(arg.words + 8)
  const alive = arg.words
  if (cpu > 0) {
    arrive(arg.stage)
    while (READ_ONCE(arg.stage) < 1000) sync.srcu_notifier_call_chain(nh, 1, alive)
    return read(alive + 1)
  }
  await_stage(arg.stage, cpus - 1)
  for (let i = 0; i < arg.rounds; i++) {
    fetch_add(alive, 1)
    sync.srcu_notifier_chain_register(nh, nb)
    if ((i & 7) === 0) nap()
    sync.srcu_notifier_chain_unregister(nh, nb)
    fetch_add(alive, -1)
  }
  reach(arg.stage, 1000)
  return 0
}
