import zlib from 'node:zlib'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Principal } from '../core/ops.ts'
import { wire } from '../proto/wire.ts'
import type { Answer, Batcher } from './batcher.ts'
import { Problem } from './problem.ts'
import { BODY_BYTES_MAX, type Encoding } from './thread/decode-task.ts'

// POST /v1/events: one EventBatch in, one Receipt out, after the flush.

const PROTOBUF = ['application/x-protobuf', 'application/protobuf', 'application/vnd.google.protobuf']
const EMPTY = new Uint8Array(0)
const zstdKnown = 'zstdDecompressSync' in zlib

const schema = {
  tags: ['events'],
  summary: "Events in: a seal.v1.EventBatch, answered by a seal.v1.Receipt after the log's flush",
  description:
    "Content-Encoding gzip (and zstd where the engine's Node has it). At most 8 MiB and 100,000 events. What has no receipt may always be sent again.",
  security: [{ token: [] }],
  consumes: PROTOBUF,
} as const

export const registerEventsRoute = (app: FastifyInstance, batcher: Batcher): void => {
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser(PROTOBUF, { parseAs: 'buffer', bodyLimit: BODY_BYTES_MAX }, (_request, body, done) => done(null, body))
    scope.post('/v1/events', { schema, bodyLimit: BODY_BYTES_MAX }, async (request, reply) => {
      const bytes = request.body instanceof Uint8Array ? request.body : EMPTY
      const answer = await batcher.submit({ bytes, encoding: encodingOf(request), principal: request.principal as Principal })
      return wantsJson(request) ? reply.send(receiptJson(answer)) : sendReceipt(reply, answer)
    })
  })
}

const encodingOf = (request: FastifyRequest): Encoding => {
  const named = request.headers['content-encoding'] ?? 'identity'
  if (named === 'identity' || named === 'gzip' || (named === 'zstd' && zstdKnown)) return named
  throw new Problem('unsupported', `content-encoding ${named} is not one of identity, gzip${zstdKnown ? ', zstd' : ''}`, { where: 'header content-encoding' })
}

const wantsJson = (request: FastifyRequest): boolean => {
  const accept = request.headers.accept ?? ''
  return /application\/json/i.test(accept) && !/\*\/\*|application\/\*|protobuf/i.test(accept)
}
const sendReceipt = (reply: FastifyReply, { receipt }: Answer): FastifyReply =>
  reply.type('application/x-protobuf').send(Buffer.from(receipt.buffer, receipt.byteOffset, receipt.length))

const receiptJson = (answer: Answer): object => {
  const { rejections } = wire.Receipt.decode(answer.receipt)
  return {
    accepted: answer.accepted,
    rejected: answer.rejected,
    rejections: rejections.map(({ index, reason }) => ({ index: index ?? 0, reason: wire.RejectReason[reason ?? 0] })),
  }
}
