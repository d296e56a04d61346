import { pathToFileURL } from 'node:url'
import { resolve } from 'node:path'

/** URL of a compiled module below test/bodies: `bodyModule('counter')`. */
export function bodyModule(name: string): URL {
  return pathToFileURL(resolve(import.meta.dirname, `../../dist/test/bodies/${name}.js`))
}
