/**
 * What a ladder says at points that have no function of their own. A scenario may add to it.
 */
export const POINT_TEXTS: Readonly<Record<string, string>> = {
  'mdev_device_remove:found': '/* active = false */',
  'delete_module:unmapped': '/* module memory is gone */',
  'report:warning': '/* WARNING */',
  'report:oops': '/* BUG: Oops */',
}
