/**
 * kasan: the memory checker. Every access is looked up in the shadow before it happens: freed objects, the space behind an
 * object, NULL and addresses outside the arena are reported with who allocated and freed the object.
 *
 * Rules    the allocator's own accesses to free objects stand between kasan_disable_current and kasan_enable_current.
 *          Memory that no slab cache handed out (boot structures, per-CPU areas) may be touched by everybody.
 * Quarantine  a freed object is kept back while the CPU frees `quarantine` others, so that a late use meets a freed object and
 *          not its next owner. Until then its memory is missing: a small arena runs full earlier.
 * Source   Documentation/dev-tools/kasan.rst
 */
import { smp_processor_id } from '#access'
import { NULL_PAGE_WORDS } from '../../base/constants.ts'
import { raw_attach, raw_read, raw_watched, raw_write } from '../../mem/raw.ts'
import { __kmem_cache_free } from '../../mem/slab.ts'
import type { Observer } from '../../trace/observer.ts'
import { capture, framesOf } from '../stack.ts'
import { saveStack } from '../stack_depot.ts'
import { textId } from '../texts.ts'
import {
  ALLOCATED,
  FREED,
  KA,
  kasan_record,
  kasan_root,
  newRecord,
  RECORD_SHIFT,
  recordAt,
  REDZONE,
  ringStride,
  STATE_MASK,
} from './globals.ts'
import { report, type BadAccess } from './report.ts'

const R = kasan_record.offset
/** Words kept free behind each object. */
const REDZONE_WORDS = 4
const TRACE_DEPTH = 16

/** One thread's kasan; kasan_init has set the shadow up. */
export class Kasan implements Observer {
  readonly name = 'kasan'
  readonly #globals: number
  readonly #shadow: number
  readonly #covered: number
  #off = 0
  #doubleFree = false

  /** Checks the arena that this thread is attached to; kasan_init has set it up. */
  constructor() {
    raw_attach()
    this.#globals = kasan_root()
    if (this.#globals === 0) throw new Error('kasan_init has not run in this arena')
    this.#shadow = raw_read(this.#globals + KA.shadow)
    this.#covered = raw_read(this.#globals + KA.covered)
  }

  read(addr: number): void {
    this.#check(addr, 'Read')
  }

  write(addr: number): void {
    this.#check(addr, 'Write')
  }

  atomicBegin(addr: number, write: boolean): void {
    this.#check(addr, write ? 'Write' : 'Read')
  }

  wait(addr: number): void {
    this.#check(addr, 'Read')
  }

  #check(addr: number, kind: 'Read' | 'Write'): void {
    if (this.#off > 0 || !raw_watched()) return
    if (!(addr >= NULL_PAGE_WORDS && addr < this.#covered)) this.#outside(addr, kind)
    else if ((raw_read(this.#shadow + addr) & STATE_MASK) > ALLOCATED) this.#inside(addr, kind)
  }

  #outside(addr: number, kind: 'Read' | 'Write'): void {
    const isNull = addr >= 0 && addr < NULL_PAGE_WORDS
    this.#report({ addr, kind, bug: isNull ? 'null-ptr-deref' : 'wild-memory-access' })
  }

  #inside(addr: number, kind: 'Read' | 'Write'): void {
    const freed = (raw_read(this.#shadow + addr) & STATE_MASK) === FREED
    this.#report({ addr, kind, bug: freed ? 'slab-use-after-free' : 'slab-out-of-bounds' })
  }

  #report(bad: Pick<BadAccess, 'addr' | 'kind' | 'bug'>): void {
    this.#off++
    report({ ...bad, globals: this.#globals, cpu: smp_processor_id() })
    this.#off--
  }

  accessOff(): void {
    this.#off++
  }

  accessOn(): void {
    this.#off--
  }

  redzone(): number {
    return REDZONE_WORDS
  }

  slab(addr: number, words: number): void {
    if (raw_watched()) this.#mark(addr, words, REDZONE)
  }

  alloc(addr: number, words: number, cache: string): void {
    if (!raw_watched()) return
    const index = this.#recordOf(addr)
    this.#mark(addr, words, ALLOCATED | (index << RECORD_SHIFT))
    if (index === 0) return
    const at = recordAt(this.#globals, index)
    raw_write(at + R.object, addr)
    raw_write(at + R.words, words)
    raw_write(at + R.cache, textId(cache))
    raw_write(at + R.alloc_stack, saveStack(framesOf(capture(TRACE_DEPTH))))
    raw_write(at + R.alloc_cpu, smp_processor_id())
    raw_write(at + R.free_stack, 0)
  }

  /** The place's old record, or a new one. */
  #recordOf(addr: number): number {
    return raw_read(this.#shadow + addr) >>> RECORD_SHIFT || newRecord(this.#globals)
  }

  #mark(addr: number, words: number, value: number): void {
    for (let i = 0; i < words; i++) raw_write(this.#shadow + addr + i, value)
  }

  free(addr: number, words: number): void {
    if (!raw_watched()) return
    const shadow = addr > 0 && addr < this.#covered ? raw_read(this.#shadow + addr) : REDZONE
    const index = shadow >>> RECORD_SHIFT
    this.#doubleFree = (shadow & STATE_MASK) !== ALLOCATED
    if (this.#doubleFree) {
      const bug = (shadow & STATE_MASK) === FREED ? 'double-free' : 'invalid-free'
      this.#off++
      report({ addr, kind: 'Free', bug, globals: this.#globals, cpu: smp_processor_id() })
      this.#off--
      return
    }
    this.#mark(addr, words, FREED | (index << RECORD_SHIFT))
    if (index === 0) return
    const at = recordAt(this.#globals, index)
    raw_write(at + R.free_stack, saveStack(framesOf(capture(TRACE_DEPTH))))
    raw_write(at + R.free_cpu, smp_processor_id())
  }

  /** Keeps the object back, and gives the one that was kept longest to its cache. A bad free goes nowhere. */
  quarantine(cache: number, object: number): boolean {
    if (!raw_watched()) return false
    if (this.#doubleFree) {
      this.#doubleFree = false
      return true
    }
    const size = raw_read(this.#globals + KA.quarantine)
    if (size === 0) return false
    const ring = raw_read(this.#globals + KA.quarantine_rings) + smp_processor_id() * ringStride(size)
    const head = raw_read(ring)
    const slot = ring + 16 + 2 * (head % size)
    const [oldCache, oldObject] = [raw_read(slot), raw_read(slot + 1)]
    raw_write(slot, cache)
    raw_write(slot + 1, object)
    raw_write(ring, head + 1)
    if (oldObject !== 0) __kmem_cache_free(oldCache, oldObject)
    return true
  }
}
