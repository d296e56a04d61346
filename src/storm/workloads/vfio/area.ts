/**
 * What the CPUs of a VFIO storm share, and what they write for main to read.
 */
import { fetch_add, smp_processor_id } from '#access'
import { as, type Addr } from '../../../base/addr.ts'
import { CACHE_LINE_WORDS } from '../../../base/constants.ts'
import { qstr } from '../../../kernel/qstr.ts'
import { num_possible_cpus } from '../../../mem/arena.ts'
import type { VfioOperation } from '../../../results/vfio_storm.ts'
import { eventfd, eventfd_init } from '../../../vfio/request.ts'
import { Area } from '../../area.ts'

/** Operations, by the number that they are counted under. */
export const OPERATIONS = [
  'create',
  'remove',
  'open /dev/vfio/vfio',
  'open /dev/vfio/<group>',
  'VFIO_GROUP_SET_CONTAINER',
  'VFIO_SET_IOMMU',
  'VFIO_GROUP_GET_DEVICE_FD',
  'VFIO_DEVICE_SET_IRQS',
  'use',
  'use, until asked to let go',
  'close',
  'unplug',
  'plug',
  'devlink: legacy',
  'devlink: switchdev',
] as const
export const [CREATE, REMOVE, CONTAINER, GROUP, SET_CONTAINER, SET_IOMMU, GET_DEVICE, SET_IRQS] = [
  0, 1, 2, 3, 4, 5, 6, 7,
] as const
export const [USE, USE_ASKED, CLOSE, UNPLUG, PLUG, LEGACY, SWITCHDEV] = [8, 9, 10, 11, 12, 13, 14] as const

/** Shared words: 1 when the slice is over; CPUs that have left it. */
const STOP = 0
const LEFT = 1
/** Counter: open devices that this CPU's user found taken away. */
const TAKEN = 0
/** A CPU's own words: a name, an eventfd. */
const EVENTFD = Math.ceil(qstr.words / CACHE_LINE_WORDS) * CACHE_LINE_WORDS
const area = new Area({ shared: 2, counters: 1, operations: OPERATIONS.length, histograms: 0 })

/** Makes it. Boot CPU. False when the arena is full. */
export function vfio_area_init(): boolean {
  if (!area.init(EVENTFD + eventfd.words)) return false
  for (let cpu = 0; cpu < num_possible_cpus(); cpu++) eventfd_init(as(area.own(cpu) + EVENTFD))
  return true
}

/** This CPU's name, to be filled with that of a device. */
export function my_name(): Addr<'qstr'> {
  return as(area.own(smp_processor_id()))
}

/** By which this CPU's user is asked to let go. */
export function my_eventfd(): Addr<'eventfd'> {
  return as(area.own(smp_processor_id()) + EVENTFD)
}

/** An operation has returned `ret`; it is handed on. */
export function note(operation: number, ret: number): number {
  return area.note(operation, ret)
}

/** A user has found its open device taken away. */
export function note_taken_away(): void {
  area.count(TAKEN)
}

/** Takes how often. Main. */
export function takeTakenAway(): number {
  return area.takeCounter(TAKEN)
}

/** Begins a slice. CPU 0, alone. */
export function open_slice(): void {
  area.set(STOP, 0)
  area.set(LEFT, 0)
}

/** The slice is over. */
export function stop_slice(): void {
  area.set(STOP, 1)
}

/** True when it is. */
export function stopped(): boolean {
  return area.value(STOP) === 1
}

/** This CPU has left the slice. */
export function leave_slice(): void {
  fetch_add(area.shared(LEFT), 1)
}

/** CPUs that have left it. */
export function left_slice(): number {
  return area.value(LEFT)
}

/** Takes what all CPUs have counted. Main, between slices. */
export function takeOperations(): VfioOperation[] {
  return OPERATIONS.map((name, operation) => ({ name, ...area.takeResults(operation) }))
}
