export { modelNamed, models } from './registry.ts'
