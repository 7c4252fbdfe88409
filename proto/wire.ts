// Names for what the generated code exports, and where the .proto itself lies. Nothing here decodes on the hot path:
// ingest reads the same bytes with protobufjs's Reader, straight into typed arrays.
import { fileURLToPath } from 'node:url'
import { seal } from './gen/seal.js'

/** The generated messages: `wire.EventBatch.encode({ events: [...] }).finish()`, `wire.Receipt.decode(bytes)`. 64-bit fields are `Long`. */
export const wire = seal.v1

/** The .proto, beside this module in the sources and in dist: what GET /seal.proto serves and `protoc` reads. */
export const PROTO_FILE = fileURLToPath(new URL('./seal/v1/seal.proto', import.meta.url))
