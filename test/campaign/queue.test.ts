/** A campaign through a queue: workers that are killed, a Redis that is, jobs that are none. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cpSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { codeVersion } from '#lockstorm/campaign/version'
import type { Merged, Plan } from '#lockstorm/results/campaign'
import { here, lockstorm } from '../setup/cli.ts'
import { folderOf, main, written } from './folder.ts'
import { certificateIn, hasRedis, RedisServer } from './redis.ts'

vi.setConfig({ testTimeout: 300_000, hookTimeout: 60_000 })

const LITMUS = { run: 'litmus SB+plain --rounds 64 --seed {seed}', seconds: 1 }
const units = (n: number): object => ({ ...LITMUS, for: { seed: { from: 1, to: n } } })
const FINDING = { run: 'lockdep devlink', seconds: 1 }

describe.skipIf(!hasRedis)('through Redis', () => {
  const folder = folderOf('queue')
  let server: RedisServer
  let redis: Redis
  let db = 0
  beforeAll(async () => {
    server = await RedisServer.start(folder)
    redis = new Redis(server.port, { maxRetriesPerRequest: null })
    redis.on('error', () => {})
  })
  afterAll(async () => {
    redis.disconnect()
    await server.kill()
  })

  /** A campaign in a database of its own. */
  async function submitted(...entries: object[]): Promise<{ url: string; file: string }> {
    const url = `${server.url}/${++db}`
    const file = written(folderOf('submitted'), ...entries)
    expect(await here('campaign', 'submit', file, '--queue', url)).toMatchObject({ code: 0 })
    await redis.select(db)
    return { url, file }
  }

  function worker(url: string, name: string): ChildProcess {
    const args = [main, 'campaign', 'work', '--queue', url, '--name', name, '--takeover', '5s', '--jobs', '1']
    return spawn(process.execPath, args, { stdio: 'ignore' })
  }

  async function merged(url: string): Promise<Merged & { code: number | null }> {
    const { code, stdout, stderr } = await lockstorm(
      'campaign',
      'merge',
      join(folder, String(db)),
      '--queue',
      url,
      '--json',
      '-',
    )
    if (stdout === '') throw new Error(stderr)
    return { ...(JSON.parse(stdout) as Merged), code }
  }

  const told = (): Promise<number> => redis.hlen(`lockstorm:${codeVersion()}:told`)
  async function until(isSo: () => Promise<boolean>): Promise<void> {
    while (!(await isSo())) await setTimeout(50)
  }

  test('one worker is killed in mid-unit, Redis is killed and comes back: one result for each unit, no finding lost', async () => {
    const { url } = await submitted(units(7), FINDING)
    // Both are there before the first unit is: on a busy machine one of them might have done all, or met no Redis.
    const queue = new Queue(`lockstorm-${codeVersion()}`, { connection: redis })
    await queue.pause()
    const [one, other] = [worker(url, 'one'), worker(url, 'other')]
    const [goneOne, goneOther] = [once(one, 'close'), once(other, 'close')]
    await until(async () => (await queue.getWorkersCount()) === 2)
    await queue.resume()
    await queue.close()
    await until(async () => (await told()) >= 2)
    one.kill('SIGKILL')
    await goneOne
    await server.kill()
    await server.start()
    await goneOther
    const { done, units: all, missing, findings, refused, code } = await merged(url)
    expect({ done, all, missing, refused, code }).toEqual({
      done: 8,
      all: 8,
      missing: [],
      refused: [],
      code: 1,
    })
    expect(findings).toMatchObject([{ title: expect.stringContaining('lockdep'), confirmed: 'confirmed' }])
    const status = await here('campaign', 'status', '--queue', url, '--watch')
    expect(status).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^campaign test: 8 of 8 done, 0 at work/),
    })
  })

  test('fifty jobs that are none are set aside and told, and stop nobody', async () => {
    const { url } = await submitted(units(2))
    const plan = JSON.parse((await redis.get(`lockstorm:${codeVersion()}:plan`)) ?? '') as Plan
    const prefix = `bull:lockstorm-${codeVersion()}`
    for (let i = 0; i < 50; i++) {
      const [field, value] = badJob(i, plan)
      const job = {
        name: 'unit',
        timestamp: '1',
        attempts: '1',
        opts: '{"attempts":3}',
        data: '{}',
        [field]: value,
      }
      await redis.hset(`${prefix}:bad-${i}`, job)
      await redis.rpush(`${prefix}:wait`, `bad-${i}`)
    }
    const { code, stderr } = await lockstorm('campaign', 'work', '--queue', url, '--takeover', '1s')
    expect(code).toBe(0)
    expect(stderr).toContain('set aside: job bad-0')
    const { done, missing } = await merged(url)
    expect({ done, missing }).toEqual({ done: 2, missing: [] })
    expect(await redis.zcard(`${prefix}:failed`)).toBe(50)
    const status = await here('campaign', 'status', '--queue', url)
    expect(status.stdout).toMatch(/2 of 2 done.*50 failed/)
  })

  test('a unit that breaks is tried three times, and again when it is submitted again', async () => {
    const { url, file } = await submitted(units(1), { run: 'torture mutex_lock --nwriters_stress 0' })
    expect(await lockstorm('campaign', 'work', '--queue', url)).toMatchObject({ code: 0 })
    const { code, missing } = await merged(url)
    expect({ code, missing: missing.length }).toEqual({ code: 3, missing: 1 })
    expect(missing[0]?.why).toContain('leaves it no task')
    const again = await here('campaign', 'submit', file, '--queue', url)
    expect(again.stdout).toContain('of which 1 have results, 1 that had failed are tried again')
  })

  test("files of a user's run where that is allowed, and are left alone elsewhere", async () => {
    const campaign = folderOf('own')
    cpSync(resolve(import.meta.dirname, '../../examples/lock.js'), join(campaign, 'lock.js'))
    const url = `${server.url}/${++db}`
    const file = written(campaign, { run: 'torture ./lock.js --duration 300ms' })
    expect(await here('campaign', 'submit', file, '--queue', url)).toMatchObject({ code: 0 })
    const wary = await lockstorm('campaign', 'work', '--queue', url)
    expect(wary).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('left to workers with --allow-files'),
    })
    expect(await lockstorm('campaign', 'work', '--queue', url, '--allow-files')).toMatchObject({ code: 0 })
    expect(await merged(url)).toMatchObject({ done: 1, code: 0 })
  })

  test('workers that share a folder keep results there', async () => {
    const { url } = await submitted(units(2))
    const results = join(folder, 'shared')
    expect(await lockstorm('campaign', 'work', '--queue', url, '--results', results)).toMatchObject({
      code: 0,
    })
    expect(await redis.exists(`lockstorm:${codeVersion()}:results`)).toBe(0)
    expect(await lockstorm('campaign', 'merge', results)).toMatchObject({ code: 0 })
  })

  test('another campaign, another version, no campaign, nobody there: one line each', async () => {
    const { url } = await submitted(units(1))
    const other = written(folderOf('other'), units(2))
    const refused = await here('campaign', 'submit', other, '--queue', url)
    expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining('give --replace') })
    expect(await here('campaign', 'submit', other, '--queue', url, '--replace')).toMatchObject({
      code: 0,
    })
    await redis.del(`lockstorm:${codeVersion()}:plan`)
    await redis.hset('lockstorm:versions', '0.0.1+other', 'then')
    for (const command of ['work', 'status']) {
      const end = await lockstorm('campaign', command, '--queue', url)
      expect(end).toMatchObject({ code: 3, stderr: expect.stringContaining('0.0.1+other') })
    }
    const nobody = await here('campaign', 'status', '--queue', 'redis://user:secret@127.0.0.1:1')
    expect(nobody).toMatchObject({ code: 3, stderr: expect.stringContaining('ECONNREFUSED') })
    expect(nobody.stderr).not.toContain('secret')
  })

  test('a password is asked for, and may stand in the environment', async () => {
    const locked = await RedisServer.start(folderOf('password'), '--requirepass', 'open sesame')
    try {
      const file = written(folderOf('locked'), units(1))
      const line = ['campaign', 'submit', file]
      expect(await lockstorm(...line, '--queue', locked.url)).toMatchObject({
        code: 3,
        stderr: expect.stringMatching(/NOAUTH|auth/i),
      })
      vi.stubEnv('LOCKSTORM_QUEUE', locked.url.replace('//', '//:open%20sesame@'))
      expect(await lockstorm(...line)).toMatchObject({ code: 0 })
    } finally {
      vi.unstubAllEnvs()
      await locked.kill()
    }
  })

  const own = certificateIn(folderOf('tls'))
  test.skipIf(own === undefined)(
    'over TLS with a password, and a certificate that must be trusted',
    async () => {
      const { cert, key } = own as NonNullable<typeof own>
      const tls = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', cert]
      const more = ['--tls-auth-clients', 'no', '--requirepass', 'sesame']
      const secure = await RedisServer.start(folderOf('secure'), ...tls, ...more)
      const url = secure.url.replace('redis://', 'rediss://:sesame@')
      try {
        const campaign = written(folderOf('secured'), units(2))
        const stranger = await lockstorm('campaign', 'submit', campaign, '--queue', url)
        expect(stranger).toMatchObject({
          code: 3,
          stderr: expect.stringContaining('self-signed certificate'),
        })
        vi.stubEnv('NODE_EXTRA_CA_CERTS', cert)
        const done = { code: 0, stderr: '' }
        expect(await lockstorm('campaign', 'submit', campaign, '--queue', url)).toMatchObject(done)
        expect(await lockstorm('campaign', 'work', '--queue', url)).toMatchObject(done)
        const status = await lockstorm('campaign', 'status', '--queue', url)
        expect(status).toMatchObject({ ...done, stdout: expect.stringContaining('2 of 2 done') })
        const results = join(folder, 'secured')
        expect(await lockstorm('campaign', 'merge', results, '--queue', url)).toMatchObject(done)
      } finally {
        vi.unstubAllEnvs()
        await secure.kill()
      }
    },
  )
})

/** A field of a job and what is wrong with it: data that are no JSON, no unit, another version, a shell line, another's name. */
function badJob(i: number, { units: [unit] }: Plan): [field: string, value: string] {
  const bad: unknown[] = [
    {},
    [],
    null,
    7,
    'rm -rf /',
    unit,
    { ...unit, id: `bad-${i}`, words: ['sh', '-c', 'true'] },
    { ...unit, version: '0.0.1' },
    { ...unit, words: ['storm', '--json', '/etc/x'] },
    { ...unit, files: { '../../x.js': 'a'.repeat(64) } },
    { ...unit, words: Array.from({ length: 5000 }, () => 'x') },
  ]
  if (i % 12 === 11) return ['data', ['{', 'undefined', '\u0000', '{"a":'][Math.floor(i / 12)] ?? '}']
  return ['data', JSON.stringify(bad[i % 12])]
}
