/** Where programs outside of this tree import it from. */
export * from '../../models/boot.ts'
