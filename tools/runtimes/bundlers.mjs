// Each bundler makes entry.mjs and worker.mjs of a folder, for browsers. Those that the tree does not depend on are installed beside.
import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const ENTRIES = ['entry', 'worker']
const inputsOf = (folder) => Object.fromEntries(ENTRIES.map((name) => [name, join(folder, `${name}.mjs`)]))

/** Imports a package that is installed in `folder`. */
async function from(folder, name) {
  return import(pathToFileURL(createRequire(join(folder, 'package.json')).resolve(name)))
}

export const WANTED = ['esbuild', 'rollup', '@rollup/plugin-node-resolve', 'webpack']

/** Installs the bundlers; returns '' or why that was not possible. */
export function install(folder) {
  try {
    const args = ['install', '--no-audit', '--no-fund', '--no-save', '--prefix', folder, ...WANTED]
    execFileSync('npm', args, { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8', timeout: 180_000 })
    return ''
  } catch (error) {
    return String(error.stderr || error.message)
      .trim()
      .split('\n')[0]
  }
}

export const BUNDLERS = {
  async rolldown(folder, out) {
    const { rolldown } = await import('rolldown')
    const made = await rolldown({ input: inputsOf(folder), platform: 'browser', logLevel: 'silent' })
    await made.write({ dir: out, format: 'esm', minify: true, entryFileNames: '[name].mjs' })
  },
  async vite(folder, out) {
    const { build } = await import('vite')
    await build({
      root: folder,
      configFile: false,
      logLevel: 'silent',
      build: {
        outDir: out,
        target: 'es2022',
        modulePreload: false,
        rollupOptions: { input: inputsOf(folder), output: { entryFileNames: '[name].mjs' } },
      },
    })
  },
  async esbuild(folder, out, tools) {
    const { build } = await from(tools, 'esbuild')
    await build({
      entryPoints: Object.values(inputsOf(folder)),
      outdir: out,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'browser',
      target: 'es2022',
      minify: true,
      logLevel: 'silent',
    })
  },
  async rollup(folder, out, tools) {
    const { rollup } = await from(tools, 'rollup')
    const resolve = (await from(tools, '@rollup/plugin-node-resolve')).default
    const made = await rollup({ input: inputsOf(folder), plugins: [resolve({ browser: true })], onLog() {} })
    await made.write({ dir: out, format: 'esm', entryFileNames: '[name].mjs' })
  },
  async webpack(folder, out, tools) {
    const webpack = (await from(tools, 'webpack')).default
    const stats = await new Promise((done, fail) => {
      const config = {
        mode: 'production',
        target: ['web', 'es2022'],
        context: folder,
        entry: inputsOf(folder),
        output: { path: out, filename: '[name].mjs', module: true, chunkFormat: 'module' },
        experiments: { outputModule: true },
        // import.meta.url and URLs beside it stay what they are when the program runs.
        module: { parser: { javascript: { importMeta: false, url: false } } },
      }
      webpack(config, (error, made) => (error ? fail(error) : done(made)))
    })
    if (stats.hasErrors()) throw new Error(stats.toString({ colors: false }).slice(0, 300))
  },
}
