/** The stories of the mails of March 2017: character devices that outlive their hardware. No mdev is in them. */
import type { Scenario } from '../../define/race.ts'
import { BLOCKED_READ } from './blocked_read.ts'
import { FENCE } from './fence.ts'
import { KILL_ORDER } from './kill_order.ts'
import { LAST_PUT } from './last_put.ts'
import { REVOCABLE } from './revocable.ts'
import { tpm_sleeper } from './tpm.ts'
import { UNBIND } from './unbind.ts'

export const CDEV_RACES: readonly Scenario[] = [
  ...UNBIND,
  ...BLOCKED_READ,
  ...KILL_ORDER,
  ...LAST_PUT,
  ...FENCE,
  ...REVOCABLE,
  tpm_sleeper,
]
