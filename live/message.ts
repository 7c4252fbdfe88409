import { Packr } from 'msgpackr'
import type { Format, LiveMessage } from './protocol.ts'

// The bytes of a message: encoded at most once per format, however many readers it goes to.

export type Frame = { readonly bytes: (format: Format) => Uint8Array }

// Plain maps, no record extension: any msgpack reader understands them.
const packr = new Packr({ useRecords: false })

export const frameOf = (message: LiveMessage): Frame => {
  let json: Uint8Array | undefined
  let msgpack: Uint8Array | undefined
  return {
    bytes: (format) => (format === 'json' ? (json ??= Buffer.from(JSON.stringify(message))) : (msgpack ??= Buffer.from(packr.pack(message)))),
  }
}
