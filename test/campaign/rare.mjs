// A model that one schedule of some two thousand breaks, where each step is anybody's: a reader must come right after the tenth write.
import { check, defineModel } from 'lockstorm/define'
import { alloc_boot, READ_ONCE, WRITE_ONCE } from 'lockstorm/kit'

const WRITES = 14
const UNLUCKY = 10

export default defineModel({
  name: 'rare',
  summary: 'one CPU writes 1 to 14, the other reads once; it must not read 10',
  setup(scene) {
    const words = alloc_boot(2)
    scene.name(words, 'words', 2)
    return { words }
  },
  cpus: [
    function writer({ words }) {
      for (let i = 1; i <= WRITES; i++) WRITE_ONCE(words, i)
    },
    function reader({ words }) {
      WRITE_ONCE(words + 1, READ_ONCE(words))
    },
  ],
  finish({ words }) {
    check(READ_ONCE(words + 1) !== UNLUCKY, `${UNLUCKY} was read`)
  },
})
