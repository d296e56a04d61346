export { modelNamed, models, subsystems } from './registry.ts'
export { modelOfRace, raceModelNamed, whyNotExplored } from './races.ts'
