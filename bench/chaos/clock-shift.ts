// Preloaded (--import) into an engine whose host clock is to step: Date.now() is moved by the ms in the file that
// SEALSTREAM_CLOCK_SHIFT names, read again every 100 ms. Only campaigns load it.

import { readFileSync } from 'node:fs'

const file = process.env['SEALSTREAM_CLOCK_SHIFT'] ?? ''
const now = Date.now.bind(Date)
let shift = 0
const read = (): void => {
  try {
    shift = Number(readFileSync(file, 'utf8')) || 0
  } catch {
    shift = 0
  }
}
read()
setInterval(read, 100).unref()
Date.now = () => now() + shift
