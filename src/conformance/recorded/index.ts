import type { Section } from '../case.ts'
import { allSamples, mbochs, mdpy } from './displays.ts'
import { events, eventsWithoutVfio } from './events.ts'
import { counting, inUse, probes, unbind, unload } from './going.ts'
import { createInput, removeInput, staleFiles } from './input.ts'
import { deviceTree, exhaustion, loading, parentTree } from './tree.ts'
import { blockedRemove, noCounterpart, races, racesWithUnload, user } from './users.ts'

/** Everything that was recorded, in the order of the session. */
export const RECORDED: readonly Section[] = [
  loading,
  parentTree,
  deviceTree,
  exhaustion,
  createInput,
  removeInput,
  staleFiles,
  races,
  user,
  blockedRemove,
  unload,
  inUse,
  unbind,
  probes,
  counting,
  racesWithUnload,
  events,
  eventsWithoutVfio,
  mdpy,
  mbochs,
  allSamples,
  noCounterpart,
]
