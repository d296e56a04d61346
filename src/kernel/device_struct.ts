/** Where programs outside of this tree import it from. */
export * from './device/device_struct.ts'
