/** Looks whether async bodies that are explored come on. */
import { watchForEver } from '../src/explore/helper/async_watch.ts'

watchForEver()
