/**
 * The last device of a group is closed, but its group is still in a container: the removal waits for that, too.
 *
 *   cpu-0                                   cpu-1
 *   -----                                   -----
 *   vfio_unregister_group_dev()
 *     the device is free
 *     wait_event(container_q)
 *                                           close(group)
 *                                             detach, wake_up
 *     vfio_group_put()
 *
 * Why      a user of the container could map DMA for a group that has no device any more.
 */
import { platform_bind, platform_unbind } from '../drivers/index.ts'
import { closeDevice, closeGroup, deviceOf, makeDevices, useDevice, vfioLeft } from './kit/vfio.ts'
import { END, once, prevented, step, type Scenario } from '../define/race.ts'

export const vfio_group_in_container: Scenario = {
  name: 'vfio-group-in-container',
  title: 'the removal of the last device of a group waits until the group is out of its container',
  source: 'drivers/vfio/vfio.c, vfio_del_group_dev',
  symptom: 'none: the remover sleeps on container_q',
  fix: 'the group leaves its container with its last user',
  boot: { vfio: true },
  setup: (words) =>
    makeDevices(words, 1) ||
    platform_bind('vfio', deviceOf(words, 0)) ||
    useDevice(words, 0) ||
    closeDevice(words),
  cpus: [
    (words) => {
      platform_unbind(deviceOf(words, 0))
      return 0
    },
    closeGroup,
  ],
  schedule: [step(0, END), step(1, END), step(0, END)],
  check: () => ({ happened: false, broken: vfioLeft() }),
  ...once('none', prevented('ok ok')),
}
