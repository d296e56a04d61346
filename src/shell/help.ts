/**
 * What the words of the shell do: the help, and what Tab offers as a first word.
 */

/** A word, how it is used, what it does; by subject. */
export const HELP: Readonly<Record<string, readonly (readonly [usage: string, does: string])[]>> = {
  Files: [
    ['ls [-l] [PATH…]', 'what is in a directory'],
    ['cd [PATH], pwd', 'go somewhere else; where am I?'],
    ['tree [PATH [DEPTH]]', 'everything below a directory'],
    ['cat PATH…', 'read attributes, or once from a device'],
    ['readlink PATH', 'where a link leads'],
    ['echo TEXT [> PATH]', 'print, or write into an attribute or a device'],
  ],
  'CPUs and jobs': [
    ['COMMAND &', 'run it on a CPU of its own; the shell goes on'],
    ['jobs', 'what runs, and for how long'],
    ['wait [%JOB…] [TIME]', 'until jobs have ended, or for a time at most'],
    ['settle', 'until every job has ended, or sleeps and goes on sleeping'],
    ['kill %JOB|CPU', 'a signal; it ends sleeps that can be interrupted'],
    ['ps', 'what each task does, what it waits for, and who has that'],
    ['locks', 'locks with their holders and waiters'],
    ['time COMMAND', 'how long does it take?'],
    ['sleep TIME', 'for as long, on a CPU'],
  ],
  Machine: [
    ['dmesg [-c]', 'the log of the kernel; -c: only what is new'],
    ['reports', 'what the lock validator has reported'],
    ['lockstat', 'what locks cost, as /proc/lock_stat'],
    ['hung', 'tasks that wait for each other in a circle'],
    ['uevents [on|off]', 'events since the last time; on: as they come'],
    ['check', 'counts of live objects, and what must not be'],
    [
      'cost [create|remove] COST',
      'what a vendor takes: none, busy:20us, sleep:2s, sleep:1ms:exp; hold: until there is another cost',
    ],
    ['strategy [NAME]', 'locking strategy; with a name: reboot with another'],
  ],
  Drivers: [
    ['lsmod [-a], insmod MODULE [KEY=VALUE], rmmod MODULE', 'modules; -a: those that are not loaded, too'],
    ['bind DEVICE DRIVER, unbind DEVICE', 'a device gets a driver, or loses it'],
    ['slots, plug SLOT, unplug SLOT, surprise SLOT', 'cards; surprise: pulled out before its driver knows'],
    ['card SLOT WHAT', 'what the hardware does: holds a command, answers, fails, has an event'],
  ],
  'Character devices': [
    ['open PATH [r|w|rw] [nonblock]', 'open a file; $FD is its number'],
    ['read FD [BYTES], write FD TEXT', 'TEXT may be hex:0102…'],
    ['poll FD [in] [out] [pri] [TIME]', 'wait until it is ready'],
    ['ioctl FD COMMAND [ARGUMENT]', ''],
    ['guest DEVICE', 'open an mdev as a hypervisor does: group, container, device'],
    ['close FD', ''],
  ],
  Shell: [
    ['help, history, exit [STATUS]', ''],
    ['NAME=TEXT', 'a variable; $? last status, $! last job, $FD last file, $UUID a new uuid each time'],
    ['a; b   a && b   a || b   # remark', 'one after the other; if well; if not; nothing'],
  ],
}

/** First words: all that stand before the operands in a usage. */
export const WORDS: readonly string[] = [
  ...new Set(
    Object.values(HELP)
      .flat()
      .flatMap(([usage]) => usage.split(', '))
      .map((usage) => usage.split(' ')[0] as string)
      .filter((word) => /^[a-z]+$/.test(word) && word.length > 1),
  ),
]

/** Lines of the help on one word; none for a word that is none. */
export function helpOn(word: string): readonly (readonly [string, string])[] {
  return Object.values(HELP)
    .flat()
    .filter(([usage]) => usage.split(', ').some((one) => one.split(' ')[0] === word))
}
