/** mdev and devlink: the deadlock of November 2019. */
import type { Scenario } from '../../define/race.ts'
import { devlink_create } from './create.ts'
import { devlink_deadlock, devlink_deadlock_2019 } from './deadlock.ts'
import { DECLARED } from './declared.ts'
import { devlink_fixed } from './fixed.ts'
import { devlink_order, devlink_order_2019, devlink_order_probed_2019 } from './order.ts'
import { devlink_self } from './self.ts'

export const DEVLINK_RACES: readonly Scenario[] = [
  devlink_order_2019,
  devlink_order,
  devlink_order_probed_2019,
  devlink_deadlock_2019,
  devlink_deadlock,
  devlink_self,
  devlink_create,
  devlink_fixed,
  ...DECLARED,
]
