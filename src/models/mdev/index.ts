/**
 * Models of the mdev core on the code that ships: create ‖ create, create ‖ remove, create ‖ unregister, remove ‖ unregister,
 * each under every strategy, and its gates and namespaces alone. What a strategy must show stands beside the race.
 */
import { BUSTED, SEAMS } from '../../mdev/strategies.ts'
import type { Model } from '../../define/model.ts'
import { CREATE_RACES } from './create_races.ts'
import { devlinkModels } from './devlink.ts'
import { gates } from './gates.ts'
import { namespaces } from './namespaces.ts'
import { underLock } from './under_lock.ts'
import { raceModel } from './race.ts'
import { UNREGISTER_RACES } from './unregister_races.ts'

/** Race by race, strategies in the order of time. */
const mdevRaces: readonly Model[] = [...CREATE_RACES, ...UNREGISTER_RACES].flatMap((race) =>
  [...SEAMS, ...BUSTED].map((strategy) => raceModel(race, strategy)),
)

/** Everything about mdev, the small parts first. */
export const mdevModels: readonly Model[] = [
  ...gates,
  ...namespaces,
  ...mdevRaces,
  ...devlinkModels,
  ...underLock,
]
