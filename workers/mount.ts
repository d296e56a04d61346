/** A server thread of a mount. */
export { runThread as default } from '../src/mount/thread.ts'
