/**
 * Models of notifier chains: once unregister has returned, the function is not running and will not run again, so what it
 * looks at may be freed.
 */
import { read, write } from '#access'
import { trace_free } from '#trace'
import { as } from '../base/addr.ts'
import { alloc_boot } from '../mem/arena.ts'
import { embed, struct, word, type Layout } from '../mem/layout.ts'
import {
  ATOMIC_INIT_NOTIFIER_HEAD,
  atomic_notifier_call_chain,
  atomic_notifier_chain_register,
  atomic_notifier_chain_unregister,
  atomic_notifier_head,
  BLOCKING_INIT_NOTIFIER_HEAD,
  blocking_notifier_call_chain,
  blocking_notifier_chain_register,
  blocking_notifier_chain_unregister,
  blocking_notifier_head,
  notifier_block,
  notifier_block_init,
  notifiers,
  NOTIFY_OK,
  RAW_INIT_NOTIFIER_HEAD,
  raw_notifier_call_chain,
  raw_notifier_chain_register,
  raw_notifier_chain_unregister,
  raw_notifier_head,
  srcu_init_notifier_head,
  srcu_notifier_call_chain,
  srcu_notifier_chain_register,
  srcu_notifier_chain_unregister,
  srcu_notifier_head,
} from '../sync/index.ts'
import { check, defineModel, type Model } from '../define/model.ts'
import { twice } from './bodies.ts'

const listener = struct('explored_listener', { nb: embed(notifier_block), data: word })
const DATA = listener.offset.data
const nb_of = listener.at.nb

const HEARD = notifiers.define('explored_listener', (nb) => {
  read(listener.of.nb(nb) + DATA)
  return NOTIFY_OK
})

/** A kind of chain. */
interface Chain {
  readonly name: string
  readonly layout: Layout
  readonly init: (head: number) => number | void
  readonly call: (head: number) => number
  readonly register: (head: number, nb: number) => number
  readonly unregister: (head: number, nb: number) => number
}

const CHAINS: readonly Chain[] = [
  {
    name: 'raw',
    layout: raw_notifier_head,
    init: (h) => RAW_INIT_NOTIFIER_HEAD(as(h)),
    call: (h) => raw_notifier_call_chain(as(h), 1, 0),
    register: (h, nb) => raw_notifier_chain_register(as(h), as(nb)),
    unregister: (h, nb) => raw_notifier_chain_unregister(as(h), as(nb)),
  },
  {
    name: 'atomic',
    layout: atomic_notifier_head,
    init: (h) => ATOMIC_INIT_NOTIFIER_HEAD(as(h), 'chain'),
    call: (h) => atomic_notifier_call_chain(as(h), 1, 0),
    register: (h, nb) => atomic_notifier_chain_register(as(h), as(nb)),
    unregister: (h, nb) => atomic_notifier_chain_unregister(as(h), as(nb)),
  },
  {
    name: 'blocking',
    layout: blocking_notifier_head,
    init: (h) => BLOCKING_INIT_NOTIFIER_HEAD(as(h), 'chain'),
    call: (h) => blocking_notifier_call_chain(as(h), 1, 0),
    register: (h, nb) => blocking_notifier_chain_register(as(h), as(nb)),
    unregister: (h, nb) => blocking_notifier_chain_unregister(as(h), as(nb)),
  },
  {
    name: 'srcu',
    layout: srcu_notifier_head,
    init: (h) => srcu_init_notifier_head(as(h), 'chain'),
    call: (h) => srcu_notifier_call_chain(as(h), 1, 0),
    register: (h, nb) => srcu_notifier_chain_register(as(h), as(nb)),
    unregister: (h, nb) => srcu_notifier_chain_unregister(as(h), as(nb)),
  },
]

interface Listeners extends Record<string, number> {
  readonly chain: number
  /** On the chain from set-up on. */
  readonly a: number
  /** Not on it yet. */
  readonly b: number
}

type Body = (s: Listeners) => void

function chainModel(
  chain: Chain,
  suffix: string,
  what: string,
  cpus: readonly Body[],
  bound?: number,
): Model {
  return defineModel<Listeners>({
    name: `notifier${suffix}:${chain.name}`,
    summary: `${what} (${chain.name} chain)`,
    setup(scene) {
      const head = scene.name(alloc_boot(chain.layout.words), 'chain', chain.layout)
      chain.init(head)
      const [a, b] = ['a', 'b'].map((name) => scene.name(alloc_boot(listener.words), name, listener))
      for (const l of [a as number, b as number]) notifier_block_init(nb_of(as(l)), HEARD)
      check(chain.register(head, nb_of(as(a as number))) === 0, 'not registered')
      return { chain: head, a: a as number, b: b as number }
    },
    cpus,
    // A raw chain is for callers that have a lock of their own. These have none.
    ...(chain.name === 'raw' && { expect: 'data race' }),
    ...(bound !== undefined && chain.name !== 'raw' && { bound }),
  })
}

function modelsOf(chain: Chain): Model[] {
  const caller: Body = function call_chain({ chain: head }) {
    chain.call(head)
  }
  const leaver: Body = function unregister({ chain: head, a }) {
    check(chain.unregister(head, nb_of(as(a))) === 0, 'it was not registered')
    write(a + DATA, 1)
    if (chain.name !== 'raw') trace_free(a, listener.words, listener.name)
  }
  const comer: Body = function register({ chain: head, b }) {
    write(b + DATA, 1)
    check(chain.register(head, nb_of(as(b))) === 0, 'it was registered')
  }
  return [
    chainModel(chain, '', 'call, 2 rounds ‖ unregister and free', [twice(caller), leaver]),
    chainModel(chain, '-3', 'call ‖ register ‖ unregister and free', [caller, comer, leaver]),
    chainModel(chain, '-calls', 'two calls ‖ unregister and free', [caller, caller, leaver]),
  ]
}

/** Models of every kind of chain. */
export const notifierModels: readonly Model[] = CHAINS.flatMap(modelsOf)
