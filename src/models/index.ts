export { modelNamed, models, subsystems } from './registry.ts'
