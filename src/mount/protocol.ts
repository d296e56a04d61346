/**
 * The words that the real kernel and a FUSE server exchange through /dev/fuse: numbers and offsets, little-endian, and the
 * requests and answers that this server needs of them.
 *
 *   request   length u32, opcode u32, unique u64, node u64, uid u32, gid u32, pid u32, padding u32, then the body
 *   answer    length u32, negative errno i32, unique u64, then the body
 *
 * Source   the ABI of include/uapi/linux/fuse.h, version 7.31
 */
export const FUSE_LOOKUP = 1
export const FUSE_FORGET = 2
export const FUSE_GETATTR = 3
export const FUSE_SETATTR = 4
export const FUSE_READLINK = 5
export const FUSE_SYMLINK = 6
export const FUSE_MKNOD = 8
export const FUSE_MKDIR = 9
export const FUSE_UNLINK = 10
export const FUSE_RMDIR = 11
export const FUSE_RENAME = 12
export const FUSE_LINK = 13
export const FUSE_OPEN = 14
export const FUSE_READ = 15
export const FUSE_WRITE = 16
export const FUSE_STATFS = 17
export const FUSE_RELEASE = 18
export const FUSE_INIT = 26
export const FUSE_OPENDIR = 27
export const FUSE_READDIR = 28
export const FUSE_RELEASEDIR = 29
export const FUSE_CREATE = 35
export const FUSE_INTERRUPT = 36
export const FUSE_DESTROY = 38
export const FUSE_BATCH_FORGET = 42
export const FUSE_RENAME2 = 45

/** Node number of the root. */
export const FUSE_ROOT_ID = 1
/** Flags of FUSE_INIT. */
const FUSE_ATOMIC_O_TRUNC = 1 << 3
const FUSE_PARALLEL_DIROPS = 1 << 18
/** Flags of an open file: no page cache; writers of one file need not wait for each other (from version 7.38 on). */
export const FOPEN_DIRECT_IO = 1
export const FOPEN_PARALLEL_DIRECT_WRITES = 1 << 6
/** Bits of FUSE_SETATTR: what is to change. The size, which a shell's `>` sets to 0, and times change nothing here. */
export const FATTR_MODE = 1
export const FATTR_UID = 2
export const FATTR_GID = 4
/** Where FUSE_SETATTR has the new mode. */
export const SETATTR_MODE = 68

const MAJOR = 7
const MINOR = 31
/** Most bytes of one write. A longer one comes in pieces, and an attribute takes a page at most. */
const MAX_WRITE = 65536
const IN_HEADER = 40
const OUT_HEADER = 16
/** Bytes that a server has to offer for one request. */
export const REQUEST_BYTES: number = MAX_WRITE + 8192

/** A request, as it lies in the buffer of the thread that has read it. */
export class Request {
  readonly #buffer: Buffer
  #length = 0

  constructor(buffer: Buffer) {
    this.#buffer = buffer
  }

  /** So many bytes have been read into the buffer. False: they are no request. */
  take(length: number): boolean {
    this.#length = length
    return length >= IN_HEADER
  }

  get opcode(): number {
    return this.#buffer.readUInt32LE(4)
  }

  get unique(): bigint {
    return this.#buffer.readBigUInt64LE(8)
  }

  /** Low half of the node number; the high half tells look-ups of one file apart. */
  get node(): number {
    return this.#buffer.readUInt32LE(16)
  }

  u32(at: number): number {
    return this.#buffer.readUInt32LE(IN_HEADER + at)
  }

  u64(at: number): number {
    return Number(this.#buffer.readBigUInt64LE(IN_HEADER + at))
  }

  big(at: number): bigint {
    return this.#buffer.readBigUInt64LE(IN_HEADER + at)
  }

  /** Bytes of the body as text, one character each. */
  text(from: number, to: number): string {
    return this.#buffer.toString('latin1', IN_HEADER + from, IN_HEADER + to)
  }

  /** A name that fills the body, without the zero behind it. */
  get name(): string {
    return this.text(0, this.#length - IN_HEADER - 1)
  }
}

/** An answer whole: `error` is 0 or a negative errno. */
export function answer(unique: bigint, error: number, body?: Buffer): Buffer {
  const bytes = Buffer.alloc(OUT_HEADER + (body?.length ?? 0))
  bytes.writeUInt32LE(bytes.length, 0)
  bytes.writeInt32LE(error, 4)
  bytes.writeBigUInt64LE(unique, 8)
  body?.copy(bytes, OUT_HEADER)
  return bytes
}

/** Body of the answer to FUSE_INIT. */
export function initBody(request: Request): Buffer {
  const body = Buffer.alloc(64)
  body.writeUInt32LE(MAJOR, 0)
  body.writeUInt32LE(Math.min(MINOR, request.u32(4)), 4)
  body.writeUInt32LE((FUSE_PARALLEL_DIROPS | FUSE_ATOMIC_O_TRUNC) & request.u32(12), 12)
  // Background requests: there are none, but the numbers must not be 0.
  body.writeUInt16LE(16, 16)
  body.writeUInt16LE(12, 18)
  body.writeUInt32LE(MAX_WRITE, 20)
  body.writeUInt32LE(1, 24)
  return body
}

/** What stat(2) tells of a node. Times are seconds. */
export interface Attributes {
  readonly ino: number
  readonly size: number
  readonly time: number
  /** Type and permissions. */
  readonly mode: number
}

const PAGE = 4096
/** Directories do not tell how many they have below them: 1 means that nobody has counted. */
const NLINK = 1

function putAttributes(body: Buffer, at: number, { ino, size, time, mode }: Attributes): void {
  body.writeBigUInt64LE(BigInt(ino), at)
  body.writeBigUInt64LE(BigInt(size), at + 8)
  for (const field of [24, 32, 40]) body.writeBigUInt64LE(BigInt(time), at + field)
  body.writeUInt32LE(mode, at + 60)
  body.writeUInt32LE(NLINK, at + 64)
  body.writeUInt32LE(PAGE, at + 80)
}

/** Answer to FUSE_GETATTR. Nothing is cached: every field about validity is 0. */
export function attrBody(attributes: Attributes): Buffer {
  const body = Buffer.alloc(104)
  putAttributes(body, 16, attributes)
  return body
}

/** Answer to FUSE_LOOKUP. `alias` is the high half of the node number. */
export function entryBody(node: number, alias: number, attributes: Attributes): Buffer {
  const body = Buffer.alloc(128)
  body.writeUInt32LE(node, 0)
  body.writeUInt32LE(alias, 4)
  putAttributes(body, 40, attributes)
  return body
}

/** Answer to FUSE_OPEN and FUSE_OPENDIR. */
export function openBody(handle: number, flags: number): Buffer {
  const body = Buffer.alloc(16)
  body.writeBigUInt64LE(BigInt(handle), 0)
  body.writeUInt32LE(flags, 8)
  return body
}

/** Answer to FUSE_WRITE. */
export function writeBody(bytes: number): Buffer {
  const body = Buffer.alloc(8)
  body.writeUInt32LE(bytes, 0)
  return body
}

/** Answer to FUSE_STATFS: longest name, size of a block, and no blocks. */
export function statfsBody(): Buffer {
  const body = Buffer.alloc(80)
  body.writeUInt32LE(PAGE, 40)
  body.writeUInt32LE(255, 44)
  return body
}

/** One line of a listing. */
export interface Dirent {
  readonly name: string
  readonly ino: number
  /** DT_DIR, DT_REG or DT_LNK. */
  readonly type: number
  /** Where a listing goes on behind it. */
  readonly next: number
}

/** Answer to FUSE_READDIR: as many as fit into `room` bytes. */
export function direntBody(entries: Iterable<Dirent>, room: number): Buffer {
  const parts: Buffer[] = []
  let left = room
  for (const { name, ino, type, next } of entries) {
    const text = Buffer.from(name, 'latin1')
    const part = Buffer.alloc((24 + text.length + 7) & ~7)
    if (part.length > left) break
    part.writeBigUInt64LE(BigInt(ino), 0)
    part.writeBigUInt64LE(BigInt(next), 8)
    part.writeUInt32LE(text.length, 16)
    part.writeUInt32LE(type, 20)
    text.copy(part, 24)
    parts.push(part)
    left -= part.length
  }
  return Buffer.concat(parts)
}
