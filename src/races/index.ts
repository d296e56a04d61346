/** The races of the mails, in the order of the matrix: add a file, add a line. */
import type { Scenario } from '../define/race.ts'
import { DEVLINK_RACES } from './devlink/index.ts'
import { problem_1 } from './problem_1.ts'
import { problem_2, problem_2_force, problem_2_killed, problem_2_revoked } from './problem_2.ts'
import { problem_3, problem_3_in_create } from './problem_3.ts'
import { problem_4_1 } from './problem_4_1.ts'
import { problem_4_2 } from './problem_4_2.ts'
import { problem_5 } from './problem_5.ts'
import { stale_remove_file } from './stale_remove_file.ts'
import { double_remove } from './double_remove.ts'
import { second_remove } from './second_remove.ts'
import { remove_during_create } from './remove_during_create.ts'
import { quick_remove } from './quick_remove.ts'
import { cross_parent_duplicate } from './cross_parent_duplicate.ts'
import { same_uuid } from './same_uuid.ts'
import { serial_creates, serial_creates_one_parent } from './serial_creates.ts'
import { blocked_remove, blocked_remove_one_parent } from './blocked_remove.ts'
import { newcomer } from './newcomer.ts'
import { register_again } from './register_again.ts'
import { compat_class } from './compat_class.ts'
import { register_stall } from './register_stall.ts'
import { spurious_eexist } from './spurious_eexist.ts'
import { residual_window } from './residual_window.ts'
import { residual_window_pinned } from './residual_window_pinned.ts'
import { mdpy_overcommit } from './mdpy_overcommit.ts'
import { mbochs_counts, mbochs_overcommit } from './mbochs_overcommit.ts'
import { alias_taken } from './alias_taken.ts'
import { VFIO_RACES } from './vfio.ts'

export const RACES: readonly Scenario[] = [
  problem_1,
  problem_2,
  problem_2_force,
  problem_2_killed,
  problem_2_revoked,
  problem_3,
  problem_3_in_create,
  problem_4_1,
  problem_4_2,
  problem_5,
  stale_remove_file,
  double_remove,
  second_remove,
  remove_during_create,
  quick_remove,
  cross_parent_duplicate,
  same_uuid,
  serial_creates,
  serial_creates_one_parent,
  blocked_remove,
  blocked_remove_one_parent,
  newcomer,
  register_again,
  register_stall,
  compat_class,
  spurious_eexist,
  residual_window,
  residual_window_pinned,
  mdpy_overcommit,
  mbochs_overcommit,
  mbochs_counts,
  alias_taken,
  ...DEVLINK_RACES,
  ...VFIO_RACES,
]
