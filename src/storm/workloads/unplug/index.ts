export { runUnplug, slicesOf } from './run.ts'
export { whyUnplugTooBig } from './size.ts'
