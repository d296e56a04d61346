/**
 * Models of the driver core, part by part.
 */
import type { Model } from '../../define/model.ts'
import { classModels } from './classes.ts'
import { deviceModels } from './devices.ts'
import { FILE_RACES } from './driver_files.ts'
import { driverModels } from './driver_race.ts'
import { REGISTRATION_RACES } from './drivers.ts'
import { files } from './files.ts'
import { klists } from './klists.ts'
import { links } from './links.ts'
import { moduleModels } from './modules.ts'
import { objects } from './objects.ts'
import { rings } from './rings.ts'
import { slabs } from './slabs.ts'
import { ueventShows } from './uevent_show.ts'
import { ueventModels } from './uevents.ts'

/** All of them. */
export const coreModels: readonly Model[] = [
  ...slabs,
  ...rings,
  ...klists,
  ...files,
  ...links,
  ...driverModels([...REGISTRATION_RACES, ...FILE_RACES]),
  ...deviceModels,
  ...classModels,
  ...moduleModels,
  ...objects,
  ...ueventModels,
  ...ueventShows,
]
