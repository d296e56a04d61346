/** Where programs outside of this tree import it from. */
export * from '../define/model.ts'
