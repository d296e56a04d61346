import { alloc_boot, createArena, memory, read, struct, word, write } from 'lockstorm/mem'

createArena(1 << 16, 1) // 64 KiB, one CPU: this thread
const point = struct('point', { x: word, y: word })
const p = alloc_boot(point.words)
write(p + point.offset.x, 3)
console.log(read(p + point.offset.x), memory()[p]) // 3 3
