/**
 * What the CPUs of a VFIO storm share, and what they write for main to read.
 *
 * Rules   a CPU counts in its own area; main reads between slices.
 */
import { fetch_add, read, READ_ONCE, smp_processor_id, write, WRITE_ONCE } from '#access'
import { as, type Addr } from '../../../base/addr.ts'
import { CACHE_LINE_WORDS } from '../../../base/constants.ts'
import { errname } from '../../../base/errno.ts'
import { qstr } from '../../../kernel/qstr.ts'
import { alloc_boot, num_possible_cpus, rootAddr } from '../../../mem/arena.ts'
import type { VfioOperation } from '../../../results/vfio_storm.ts'
import { eventfd, eventfd_init } from '../../../vfio/request.ts'

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

const ROOT = rootAddr('storm')
const LINE = CACHE_LINE_WORDS
/** Shared words, each on a line of its own: 1 when the slice is over; devices taken away from their users; users that have left. */
const STOP = 0
const TAKEN = LINE
const LEFT = 2 * LINE
const SHARED = 3 * LINE
const MOST_ERRNO = 160
/** Per CPU: operations by errno (0: success), a name, an eventfd. */
const COUNTS = OPERATIONS.length * (MOST_ERRNO + 1)
const NAME = Math.ceil(COUNTS / LINE) * LINE
const EVENTFD = NAME + Math.ceil(qstr.words / LINE) * LINE
const CPU_WORDS = EVENTFD + Math.ceil(eventfd.words / LINE) * LINE

/** Words that all of it takes. */
function vfioAreaWords(cpus: number): number {
  return SHARED + cpus * CPU_WORDS
}

/** Makes it. Boot CPU. False when the arena is full. */
export function vfio_area_init(): boolean {
  const base = alloc_boot(vfioAreaWords(num_possible_cpus()))
  write(ROOT, base)
  if (base === 0) return false
  for (let cpu = 0; cpu < num_possible_cpus(); cpu++) eventfd_init(as(area(cpu) + EVENTFD))
  return true
}

function area(cpu: number): number {
  return read(ROOT) + SHARED + cpu * CPU_WORDS
}

/** This CPU's name, to be filled with that of a device. */
export function my_name(): Addr<'qstr'> {
  return as(area(smp_processor_id()) + NAME)
}

/** By which this CPU's user is asked to let go. */
export function my_eventfd(): Addr<'eventfd'> {
  return as(area(smp_processor_id()) + EVENTFD)
}

/** An operation has returned `ret`; it is handed on. */
export function note(operation: number, ret: number): number {
  const errno = ret < 0 ? Math.min(-ret, MOST_ERRNO) : 0
  const at = area(smp_processor_id()) + operation * (MOST_ERRNO + 1) + errno
  write(at, read(at) + 1)
  return ret
}

/** A user has found his open device taken away. */
export function note_taken_away(): void {
  fetch_add(read(ROOT) + TAKEN, 1)
}

/** How often. */
export function taken_away(): number {
  return READ_ONCE(read(ROOT) + TAKEN)
}

/** Begins a slice. CPU 0, alone. */
export function open_slice(): void {
  WRITE_ONCE(read(ROOT) + STOP, 0)
  WRITE_ONCE(read(ROOT) + LEFT, 0)
}

/** The slice is over. */
export function stop_slice(): void {
  WRITE_ONCE(read(ROOT) + STOP, 1)
}

/** True when it is. */
export function stopped(): boolean {
  return READ_ONCE(read(ROOT) + STOP) === 1
}

/** This CPU has left the slice. */
export function leave_slice(): void {
  fetch_add(read(ROOT) + LEFT, 1)
}

/** CPUs that have left it. */
export function left_slice(): number {
  return READ_ONCE(read(ROOT) + LEFT)
}

/** What all CPUs have counted since boot. Main, between slices. */
export function countedOperations(): VfioOperation[] {
  return OPERATIONS.map((name, operation) => {
    const sum = (errno: number): number => {
      let total = 0
      for (let cpu = 0; cpu < num_possible_cpus(); cpu++) {
        total += read(area(cpu) + operation * (MOST_ERRNO + 1) + errno)
      }
      return total
    }
    const errnos = Array.from({ length: MOST_ERRNO }, (_, i) => i + 1)
      .map((errno) => [errname(errno), sum(errno)] as const)
      .filter(([, count]) => count > 0)
    return { name, ok: sum(0), errnos: Object.fromEntries(errnos) }
  })
}
