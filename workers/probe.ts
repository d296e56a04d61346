/** Says whether it runs the checked build. */
import { CHECKED } from '#access'

export default (): boolean => CHECKED
