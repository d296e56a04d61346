/**
 * What must hold after a slice of a VFIO storm, when no CPU runs, every card is plugged and every device has been removed.
 */
import { parent_available } from '../../../drivers/parents.ts'
import { MTTY_PORTS } from '../../../drivers/mtty/mtty.ts'
import { devlink_count } from '../../../drivers/devlink/index.ts'
import { busy_nodes, dangling_links, kernel_reports } from '../../../kernel/index.ts'
import { mdev_check, MDEV_INVARIANTS } from '../../../mdev/check.ts'
import type { VfioPlan } from '../../../results/vfio_storm.ts'
import { vfio_check, VFIO_INVARIANTS } from '../../../vfio/check.ts'
import { COUNTED, changedCounts } from '../mdev/check.ts'

/** What was found. */
export interface VfioCheck {
  readonly checked: number
  readonly broken: readonly string[]
}

const TYPES = 2
/** Dangling links, busy nodes, reports, devlink instances, free ports. */
const OTHERS = 5

function unless(ok: boolean, sentence: string): string[] {
  return ok ? [] : [sentence]
}

/** Looks at everything. CPU 0, alone. */
export function checkVfio({ parents }: VfioPlan): VfioCheck {
  const reports = kernel_reports().map(({ kind, title }) => `${kind}: ${title}`)
  const free = Array.from({ length: parents }, (_, card) => parent_available(card, 0))
  const broken = [
    ...mdev_check(parents, TYPES),
    ...vfio_check(),
    ...changedCounts(),
    ...unless(dangling_links().length === 0, `dangling links: ${dangling_links().length}, not 0`),
    ...unless(busy_nodes().length === 0, `files with an operation that never ended: ${busy_nodes().length}`),
    ...unless(devlink_count() === parents, `devlink instances: ${devlink_count()}, not ${parents}`),
    ...unless(
      free.every((ports) => ports === MTTY_PORTS),
      `free ports: ${free.join(' ')}, not ${MTTY_PORTS} each`,
    ),
    ...reports,
  ]
  return { checked: MDEV_INVARIANTS + VFIO_INVARIANTS + COUNTED.length + OTHERS, broken }
}
