/**
 * Objects of mlx5: a PCI function whose eswitch, in switchdev mode, can be divided into subfunctions.
 *
 * Invariant   the function is registered as mdev parent exactly while mode is ESWITCH_SWITCHDEV.
 */
import { ptr, struct, word } from '../../mem/layout.ts'

/** Subfunctions of a function: bits of one word. */
export const MLX5_MAX_SFS = 16
/** Virtual functions of a function, for the log. */
export const MLX5_VFS = 4

/** A change of mode unregisters the parent under the locks of its request, as the mails have it. */
export const MLX5_AT_ONCE = 0
/** The declared change: it begins under them, and ends when they are dropped, before the request returns. */
export const MLX5_IN_HALVES = 1
/** The same, and a work item ends it: the request may return before. */
export const MLX5_DEFERRED = 2

/** The driver's object for a function. */
export const mlx5_core = struct('mlx5_core_dev', {
  dev: ptr('device'),
  /** Index of the parent's slot. */
  index: word,
  devlink: ptr('devlink'),
  /** One of ESWITCH_*. Changed by requests, one at a time. */
  mode: word,
  /** Bitmap of subfunction numbers. Atomic. */
  sfs: word,
  sf_cache: ptr('kmem_cache'),
  /** How a change to legacy mode takes the parent back: one of MLX5_*. Constant while requests run. */
  unregisters: word,
  /** 1: create does what a driver's probe does otherwise. Constant while registered. */
  loads: word,
  /** Hexadecimal digits of a device's alias; 0: none. Constant while registered. */
  alias_length: word,
})

/** The vendor's side of one mdev. */
export const mlx5_sf = struct('mlx5_sf', {
  /** Number on the function. */
  number: word,
})
