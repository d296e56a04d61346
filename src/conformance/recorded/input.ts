/** What may be written to `create` and `remove`, byte for byte. */
import { list, log, read, recorded, write, type Case, type Section } from '../case.ts'
import { AVAILABLE, CREATE, CREATE_DUAL, DEVICES, onBus, remove, U1, U2, U3 } from './places.ts'

const UPPER = U3.toUpperCase()
const ZEROS = '00000000-0000-0000-0000-000000000000'
const EFFS = 'ffffffff-ffff-ffff-ffff-ffffffffffff'

/** Written to `create`, with the device that it names gone before and after. */
function makes(text: string, uuid: string = U3): Case[] {
  return [
    write(CREATE, text, text.length),
    log(`mtty ${uuid}: Adding to iommu group 2`, `mtty ${uuid}: MDEV: created`),
    write(remove(uuid), '1', 1),
    log(`mtty ${uuid}: Removing from iommu group 2`, `mdev ${uuid}: MDEV: destroying`),
  ]
}

const MALFORMED = [
  '\n',
  '83b8f4f2',
  U3.slice(0, 35),
  `${U3.slice(0, 35)}\n`,
  `${U3}3\n`,
  `${U3}\n\n`,
  `${U3.slice(0, 35)}g`,
  U3.replaceAll('-', ''),
  U3.replaceAll('-', '_'),
  '83b8f4f25-09f-382f-3c1e-e6bfe0fa1003',
  `{${U3}}`,
  ` ${U3}`,
  `{${U3.slice(0, 35)}}`,
  'not-a-uuid\n',
]

export const createInput: Section = {
  name: 'what create takes',
  machine: 'mtty',
  cases: [
    write(CREATE, U1, 36),
    write(CREATE_DUAL, U2, 36),
    write(CREATE, U1, 'EEXIST'),
    write(CREATE_DUAL, U1, 'EEXIST'),
    log(
      `mtty ${U1}: Adding to iommu group 0`,
      `mtty ${U1}: MDEV: created`,
      `mtty ${U2}: Adding to iommu group 1`,
      `mtty ${U2}: MDEV: created`,
    ),
    read(AVAILABLE, '21\n'),
    write(CREATE, '', 0),
    ...MALFORMED.map((text) => write(CREATE, text, 'EINVAL')),
    list(DEVICES, U1, U2),
    ...['', '\n', '3', 'X', '\t', '\0'].flatMap((extra) => makes(`${U3}${extra}`)),
    write(CREATE, `${U3}3`, 37),
    write(CREATE, `${U3} `, 'EEXIST'),
    write(CREATE, `${UPPER}\n`, 'EEXIST'),
    list(DEVICES, U1, U2, U3),
    write(remove(U3), '1', 1),
    log(
      `mtty ${U3}: Adding to iommu group 2`,
      `mtty ${U3}: MDEV: created`,
      `mtty ${U3}: Removing from iommu group 2`,
      `mdev ${U3}: MDEV: destroying`,
    ),
    ...makes(`${UPPER}\n`),
    ...makes(`${ZEROS}\n`, ZEROS),
    ...makes(EFFS, EFFS),
  ],
}

const KEEPS: readonly [string, number | string][] = [
  ['0', 1],
  ['0\n', 2],
  ['', 0],
  ['\n', 'EINVAL'],
  ['foo', 'EINVAL'],
  ['1x', 'EINVAL'],
  ['-1', 'EINVAL'],
  [' 1', 'EINVAL'],
  ['0x0', 3],
  ['00', 2],
  ['1 ', 'EINVAL'],
  ['1\n\n', 'EINVAL'],
  ['18446744073709551616', 'EINVAL'],
]
const REMOVES = ['1', '2', '0x10', '010', '+1', '1\n', '18446744073709551615']

export const removeInput: Section = {
  name: 'what remove takes',
  machine: 'mtty',
  cases: [
    write(CREATE, U1, 36),
    ...KEEPS.map(([text, was]) => write(remove(U1), text, was)),
    list(DEVICES, U1),
    log(`mtty ${U1}: Adding to iommu group 0`, `mtty ${U1}: MDEV: created`),
    write(remove(U1), '1', 1),
    log(`mtty ${U1}: Removing from iommu group 0`, `mdev ${U1}: MDEV: destroying`),
    ...REMOVES.slice(1).flatMap((text) => [
      write(CREATE, U1, 36),
      write(remove(U1), text, text.length),
      recorded({ do: 'exists', path: onBus(U1) }, 'no'),
    ]),
    write(remove(U1), '1', 'ENOENT'),
    read(AVAILABLE, '24\n'),
  ],
}

export const staleFiles: Section = {
  name: 'files that were opened before the removal',
  machine: 'mtty',
  cases: [
    write(CREATE, U1, 36),
    recorded({ do: 'open', path: remove(U1), file: 7, flags: 'w' }, 'ok'),
    recorded({ do: 'open', path: remove(U1), file: 8, flags: 'w' }, 'ok'),
    recorded({ do: 'open', path: `${onBus(U1)}/uevent`, file: 9, flags: 'r' }, 'ok'),
    recorded({ do: 'write to', file: 7, text: '1\n' }, 2),
    recorded({ do: 'write to', file: 7, text: '1\n' }, 'ENODEV'),
    recorded({ do: 'write to', file: 8, text: '1\n' }, 'ENODEV'),
    recorded({ do: 'read from', file: 9 }, 'ENODEV'),
    write(remove(U1), '1', 'ENOENT'),
    write(CREATE, U1, 36),
    recorded({ do: 'write to', file: 7, text: '1\n' }, 'ENODEV'),
    write(remove(U1), '1', 1),
  ],
}
