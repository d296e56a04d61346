/**
 * How the name of a field is spelled as a flag.
 */

/** `secondOrder` is spelled `--second-order`; the names of kernel parameters stay as they are. */
export function spelled(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}
