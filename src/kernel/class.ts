/** Where programs outside of this tree import it from. */
export * from './device/class.ts'
