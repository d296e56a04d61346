/**
 * The control of every storm: the same operations on the same CPUs with the same vendor costs, and no kernel between. What
 * a strategy takes beyond it is the strategy's doing; what the floor itself takes beyond the ideal is the computer's.
 *
 * Rule   a create that a kernel would refuse before its vendor hears of it (a duplicate) is refused here, too, at no cost.
 */
import { read, write } from '#access'
import { EEXIST, ENOMEM } from '../../../base/errno.ts'
import {
  COST_CREATE,
  COST_REMOVE,
  cost_init,
  seed_cost,
  set_cost,
  vendor_cost,
} from '../../../drivers/cost.ts'
import {
  WORK_CREATE,
  WORK_REMOVE,
  work_begins,
  work_ends,
  work_log_alloc,
  work_log_read,
  work_log_reset,
} from '../../../mdev/work_log.ts'
import { rootAddr } from '../../../mem/arena.ts'
import { strings_init } from '../../../mem/strings.ts'
import { PHASES } from './area.ts'
import type { MdevKernel } from './kernel.ts'
import type { Operation } from './operations.ts'
import { costWords } from './vendor.ts'

const LOG = rootAddr('mdev')
/** What this worker's CPU does now. */
const self = { ops: [] as readonly Operation[], seed: 0 }

function work(operation: number, cost: number, index: number): number {
  work_begins(read(LOG), operation, (self.ops[index] as Operation).parent)
  vendor_cost(cost)
  work_ends(read(LOG))
  return 0
}

export const floor: MdevKernel = {
  boot({ plan, capacity }) {
    write(LOG, work_log_alloc(PHASES * capacity))
    return strings_init() && cost_init(plan.seed) && read(LOG) !== 0 ? 0 : -ENOMEM
  },
  attach({ plan }) {
    self.seed = plan.seed
  },
  arm(vendor, round) {
    set_cost(COST_CREATE, ...costWords(vendor.create))
    set_cost(COST_REMOVE, ...costWords(vendor.remove))
    seed_cost(self.seed + round)
    work_log_reset(read(LOG))
  },
  prepare(ops) {
    self.ops = ops
  },
  create(index) {
    if ((self.ops[index] as Operation).duplicate) return -EEXIST
    return work(WORK_CREATE, COST_CREATE, index)
  },
  remove: (index) => work(WORK_REMOVE, COST_REMOVE, index),
  unregister: () => 0,
  register: () => 0,
  check: () => ({ checked: 0, broken: [], leaked: 0, warned: 0, oopses: [] }),
  grab() {},
  work: (cpu) => work_log_read(read(LOG), cpu),
  describe: () => '',
}
