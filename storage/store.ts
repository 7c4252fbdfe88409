import type { ClickHouseClient } from '@clickhouse/client'
import { openClient, serverAddress } from './client.ts'
import { startEmbedded, type Embedded, type EmbeddedOptions } from './embedded/start.ts'
import { migrate } from './schema.ts'

// ClickHouse as the engine has it: a server named by CLICKHOUSE_URL, or an embedded one of its own; from here on the same client,
// the same tables, the same SQL. The people's door belongs to the embedded one; a server has its own users and rights.

export type Store = {
  readonly client: ClickHouseClient
  /** Where people ask, if it is ours: `http://127.0.0.1:PORT`. */
  readonly peopleUrl: string | null
  /** `http://HOST:PORT` without credentials, for logs and status. */
  readonly url: string
  readonly embedded: boolean
  /** The embedded one's process. Holds the engine's secret: never put it into an answer. */
  readonly child: Embedded | null
  /** Answers when ClickHouse does; for readiness. */
  readonly ping: () => Promise<boolean>
  readonly stop: () => Promise<void>
}

/** Opens ClickHouse and brings its tables up to date. With a URL no child is started and the options for one are not used. */
export const openStore = async (clickhouseUrl: string | null | undefined, options: EmbeddedOptions): Promise<Store> => {
  if (clickhouseUrl !== null && clickhouseUrl !== undefined && clickhouseUrl !== '') {
    const address = serverAddress(clickhouseUrl)
    const client = openClient(address)
    await migrate({ client, server: address })
    return { client, peopleUrl: null, url: address.url, embedded: false, child: null, ping: () => ping(client), stop: () => client.close() }
  }
  const embedded = await startEmbedded(options)
  const client = openClient(embedded)
  try {
    await migrate({ client })
  } catch (error) {
    await client.close()
    await embedded.stop()
    throw error
  }
  return {
    client,
    embedded: true,
    child: embedded,
    peopleUrl: embedded.url,
    url: embedded.url,
    ping: () => ping(client),
    stop: async () => {
      await client.close()
      await embedded.stop()
    },
  }
}

const ping = async (client: ClickHouseClient): Promise<boolean> => (await client.ping({ select: true })).success
