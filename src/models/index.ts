export { modelFound, modelNamed } from './named.ts'
export { models, subsystems } from './registry.ts'
export { modelOfRace, raceModelNamed, whyNotExplored } from './races.ts'
