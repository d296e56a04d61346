export { runUnplug, slicesOf, type UnplugOptions } from './run.ts'
export { whyUnplugTooBig } from './size.ts'
