/** Paths and names of the recorded session. */
export const U1 = '83b8f4f2-509f-382f-3c1e-e6bfe0fa1001'
export const U2 = '83b8f4f2-509f-382f-3c1e-e6bfe0fa1002'
export const U3 = '83b8f4f2-509f-382f-3c1e-e6bfe0fa1003'

export const MTTY = '/sys/devices/virtual/mtty/mtty'
export const TYPES = `${MTTY}/mdev_supported_types`
export const CREATE = `${TYPES}/mtty-1/create`
export const CREATE_DUAL = `${TYPES}/mtty-2/create`
export const AVAILABLE = `${TYPES}/mtty-1/available_instances`
export const AVAILABLE_DUAL = `${TYPES}/mtty-2/available_instances`
export const BUS = '/sys/bus/mdev'
export const DEVICES = `${BUS}/devices`

/** A device on the bus. */
export function onBus(uuid: string): string {
  return `${DEVICES}/${uuid}`
}

/** Its `remove` file. */
export function remove(uuid: string): string {
  return `${onBus(uuid)}/remove`
}
