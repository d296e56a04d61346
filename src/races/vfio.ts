/** The races of VFIO: its group's notifier, and removals that wait for a user. */
import type { Scenario } from '../define/race.ts'
import { vfio_blocked_remove } from './vfio_blocked_remove.ts'
import { vfio_fringe_early, vfio_fringe_late } from './vfio_fringe.ts'
import { vfio_group_in_container } from './vfio_group_in_container.ts'
import {
  vfio_added_to_live_group,
  vfio_bound_in_idle_group,
  vfio_bound_in_live_group,
} from './vfio_live_group.ts'
import { vfio_no_reference, vfio_put_in_callback, vfio_put_on_queue } from './vfio_put_in_callback.ts'
import { vfio_register_early, vfio_register_under_lock } from './vfio_register_under_lock.ts'
import { vfio_unbound_early, vfio_unbound_late, vfio_unbound_lookup } from './vfio_unbound_list.ts'
import { vfio_unregister_in_callback } from './vfio_unregister_in_callback.ts'

export const VFIO_RACES: readonly Scenario[] = [
  vfio_put_in_callback,
  vfio_put_on_queue,
  vfio_no_reference,
  vfio_register_under_lock,
  vfio_register_early,
  vfio_unregister_in_callback,
  vfio_unbound_early,
  vfio_unbound_late,
  vfio_unbound_lookup,
  vfio_fringe_early,
  vfio_fringe_late,
  vfio_bound_in_live_group,
  vfio_bound_in_idle_group,
  vfio_added_to_live_group,
  vfio_blocked_remove,
  vfio_group_in_container,
]
