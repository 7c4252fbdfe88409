#!/usr/bin/env node
// `npm run outage -- --rate 100000 --minutes 5`: ClickHouse away under load, on an engine of its own whose data it deletes. Status 1 where
// a request was refused, an alarm did not come, or a receipted event is missing or doubled afterwards.

import { Command, Option } from 'commander'
import { positive, print, say, whole } from '../commands/options.ts'
import { outageComplaints, runOutage } from './run.ts'

const main = async (): Promise<void> => {
  const program = new Command('outage')
    .description('an outage of ClickHouse under open-loop load: receipts, alarms, memory, and the time to catch up')
    .option('--rate <n>', 'events a second', positive, 100_000)
    .option('--minutes <n>', 'how long ClickHouse is away', positive, 5)
    .option('--before <s>', 'seconds of load before it', positive, 20)
    .option('--seals <n>', 'seals registered', whole(100, 5_000_000), 10_000)
    .option('--seed <n>', 'of the load', whole(0, 0xffff_ffff), 1)
    .addOption(new Option('--by <how>', 'it hangs, or is killed whenever it is back').choices(['pause', 'kill']).default('pause'))
    .option('--json', 'the result as one line of JSON on standard output')
  program.parse()
  const { minutes, before, json, ...options } = program.opts<{
    rate: number
    minutes: number
    before: number
    seals: number
    seed: number
    by: 'pause' | 'kill'
    json?: boolean
  }>()
  const result = await runOutage({ ...options, beforeSeconds: before, outageSeconds: minutes * 60, say })
  const complaints = outageComplaints(result)
  if (json === true) print(JSON.stringify(result))
  else {
    const mib = (bytes: number): string => `${Math.round(bytes / 1024 ** 2)} MiB`
    const { alarmMs } = result
    print(`on ${result.cpu} × ${result.cores}, ${result.memoryGiB} GiB, ${result.fileSystem}; load average ${result.load1} at the start`)
    print(
      `${result.accepted} events receipted; to receipt p50 ${result.receiptMs.p50} ms, p99 ${result.receiptMs.p99} ms; ${result.retries} requests sent again`,
    )
    for (const when of ['before', 'during'] as const)
      print(`to alarm, ${when}: p50 ${alarmMs[when].p50} ms, p99 ${alarmMs[when].p99} ms, max ${alarmMs[when].max} ms (${alarmMs[when].count})`)
    print(
      `caught up ${result.caughtUpSeconds} s after ClickHouse was back; ${result.distinct} distinct rows, ${result.rows} rows, of ${result.expected} expected`,
    )
    print(
      `most that waited: ${mib(result.waitingBytesMax)} in memory, ${mib(result.spooledBytesMax)} on disk; peak resident memory ${mib(result.peakRssBytes)}`,
    )
    for (const complaint of complaints) print(`WRONG: ${complaint}`)
  }
  process.exitCode = complaints.length === 0 ? 0 : 1
}
if (process.argv[1] === import.meta.filename) await main()
