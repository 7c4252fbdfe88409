#!/usr/bin/env node
// `npm run recovery -- --seals 1000000 --events 10000000`: how long a start takes after SIGKILL, by part. On an engine of its own, whose
// data it deletes; status 1 where an event with a receipt is missing or doubled.

import { Command } from 'commander'
import { print, say, whole } from '../commands/options.ts'
import { runRecovery } from './run.ts'

const main = async (): Promise<void> => {
  const program = new Command('recovery')
    .description('time from the start of a killed engine to ready, with so many seals and so many events since the last snapshot')
    .option('--seals <n>', 'seals registered', whole(100, 5_000_000), 100_000)
    .option('--events <n>', 'events since the last snapshot', whole(1_000, 1_000_000_000), 1_000_000)
    .option('--starts <n>', 'kills and starts', whole(1, 100), 3)
    .option('--seed <n>', 'of the load', whole(0, 0xffff_ffff), 1)
    .option('--json', 'the result as one line of JSON on standard output')
  program.parse()
  const { json, ...options } = program.opts<{ seals: number; events: number; starts: number; seed: number; json?: boolean }>()
  const result = await runRecovery({ ...options, say })
  if (json === true) print(JSON.stringify(result))
  else {
    print(
      `on ${result.cpu} × ${result.cores}, ${result.memoryGiB} GiB, ${result.fileSystem}; ${result.seals} seals, ${result.events} events in ${result.entries} entries since the snapshot`,
    )
    for (const { readySeconds, load1, parts } of result.starts)
      print(
        `${readySeconds} s to ready (load ${load1}): ${Object.entries(parts)
          .map(([part, took]) => `${part} ${took} s`)
          .join(', ')}`,
      )
    print(`${result.distinct} distinct rows, ${result.rows} rows, of ${result.expected} expected`)
  }
  process.exitCode = result.rows === result.expected && result.distinct === result.expected ? 0 : 1
}
if (process.argv[1] === import.meta.filename) await main()
