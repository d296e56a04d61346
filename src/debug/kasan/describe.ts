/**
 * What a word is: the field of the slab object it lies in, and the lock that guards it. Known where kasan is set up and the
 * object's layout has been loaded by this thread.
 */
import { fieldPath, layoutOf, type FieldInfo, type Layout } from '../../mem/layout.ts'
import { raw_read } from '../../mem/raw.ts'
import { textById } from '../texts.ts'
import { KA, kasan_record, kasan_root, recordAt, RECORD_SHIFT } from './globals.ts'

const R = kasan_record.offset

/** A field of an object, by name. */
export interface Field {
  /** `mdev_device.dev.kobj.kref` */
  readonly path: string
  /** Text of the lock that guards it; '' if none is recorded. */
  readonly guard: string
}

/** Field at an address; undefined if it is not known. */
export function fieldAt(addr: number): Field | undefined {
  const globals = kasan_root()
  if (globals === 0) return undefined
  const shadow = raw_read(globals + KA.shadow)
  const index =
    addr > 0 && addr < raw_read(globals + KA.covered) ? raw_read(shadow + addr) >>> RECORD_SHIFT : 0
  if (index === 0) return undefined
  const record = recordAt(globals, index)
  const layout = layoutOf(textById(raw_read(record + R.cache)))
  if (layout === undefined) return undefined
  const offset = addr - raw_read(record + R.object)
  return { path: `${layout.name}.${fieldPath(layout, offset)}`, guard: guardAt(layout, offset) }
}

function guardAt(layout: Layout, offset: number): string {
  const field: FieldInfo | undefined = layout.fields.find(
    (one) => offset >= one.offset && offset < one.offset + one.words,
  )
  if (field === undefined) return ''
  const inner = field.embedded === undefined ? '' : guardAt(field.embedded, offset - field.offset)
  return inner === '' ? field.guard : inner
}
