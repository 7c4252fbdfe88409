import type { LiveDeps } from '../../live/deps.ts'
import { openClient } from '../../storage/client.ts'
import { createEvidenceSource } from '../../storage/evidence.ts'

/** Evidence of a ClickHouse that does not answer: nothing listens on the discard port here. */
export const NO_EVIDENCE: LiveDeps['evidence'] = {
  source: createEvidenceSource(openClient({ url: 'http://127.0.0.1:9', username: 'nobody', password: '' })),
  simulated: false,
  replay: () => Promise.reject(new Error('nothing is replayed here')),
}
