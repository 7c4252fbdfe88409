// sealstream bench-parts: the hot function of each part alone (bench/kernels), as a table. Files are found by name, so that a part's
// owner adds one and nothing else; the hash says whether two runs did the same work.

import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import type { Kernel, KernelResult, KernelSize } from '../kernels/kernel.ts'
import { hardware } from '../load/machine.ts'
import { textTable } from '../simulate/check.ts'
import { finish, print, say, type CommandContext } from './options.ts'

type KernelsOptions = { readonly smoke?: boolean; readonly only?: string; readonly json?: boolean }
/** What is no kernel in that folder. */
const PLUMBING: ReadonlySet<string> = new Set(['kernel.js', 'measure.js'])
const FOLDER = new URL('../kernels/', import.meta.url)

export const registerKernels = (program: Command, context: CommandContext): void => {
  program
    .command('bench-parts')
    .description('events a second of each part alone: decode, apply, encode …')
    .option('--smoke', 'the small size that the tests run')
    .option('--only <text>', 'kernels whose name contains this')
    .option('--json', 'the results as one line of JSON on standard output')
    .action((options: KernelsOptions) => finish(context, () => runKernels(options)))
}

/** Every kernel of bench/kernels, in the order of file names. */
export const findKernels = async (): Promise<readonly Kernel[]> => {
  const files = readdirSync(fileURLToPath(FOLDER))
    .filter((name) => name.endsWith('.js') && !PLUMBING.has(name))
    .sort()
  const found: Kernel[] = []
  for (const file of files) {
    const { kernels } = (await import(new URL(file, FOLDER).href)) as { kernels?: readonly Kernel[] }
    found.push(...(kernels ?? []))
  }
  return found
}

const runKernels = async ({ smoke, only = '', json }: KernelsOptions): Promise<number> => {
  const size: KernelSize = smoke === true ? 'smoke' : 'real'
  const results: { name: string; unit: string; result: KernelResult }[] = []
  for (const { name, unit, run } of (await findKernels()).filter((kernel) => kernel.name.includes(only))) {
    say(`${name} …`)
    results.push({ name, unit, result: await run(size) })
  }
  const on = hardware('.')
  if (json === true) print(JSON.stringify({ size, ...on, kernels: results.map(({ name, unit, result }) => ({ name, unit, ...result })) }))
  else {
    print(`${on.cpu} × ${on.cores}, ${on.memoryGiB} GiB, Node ${on.node}; ${size} size, one thread a kernel, the median call and the best`)
    print(
      textTable([
        ['kernel', 'a second', 'best', 'unit', 'calls', 'detail', 'hash'],
        ...results.map(({ name, unit, result }) => [
          name,
          thousands(result.perSecond),
          thousands(result.bestPerSecond),
          unit,
          String(result.calls),
          Object.entries(result.detail)
            .map(([key, value]) => `${key} ${value}`)
            .join(', '),
          result.hash.slice(0, 12),
        ]),
      ]),
    )
  }
  return 0
}

const thousands = (n: number): string => Math.round(n).toLocaleString('en-US')
