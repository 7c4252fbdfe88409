import type { ClickHouseClient } from '@clickhouse/client'
import { openClient, serverAddress } from './client.ts'
import { startEmbedded, type EmbeddedOptions } from './embedded/start.ts'
import { migrate } from './schema.ts'

// ClickHouse, wherever it is: the embedded one as a child process, or the server that CLICKHOUSE_URL names. From here on the same.

export type Store = {
  readonly client: ClickHouseClient
  /** Where people ask, without credentials. */
  readonly url: string
  readonly embedded: boolean
  readonly stop: () => Promise<void>
}

/** Opens it and brings the schema to this engine's version. Rejects where a server does not answer or is newer than this engine. */
export const openStore = async (clickhouseUrl: string, options: EmbeddedOptions): Promise<Store> => {
  if (clickhouseUrl !== '') {
    const address = serverAddress(clickhouseUrl)
    const client = openClient(address)
    await migrate({ client, server: { username: address.username, password: address.password } })
    return { client, url: address.url, embedded: false, stop: () => client.close() }
  }
  const child = await startEmbedded(options)
  const client = openClient(child)
  await migrate({ client })
  return {
    client,
    url: child.url,
    embedded: true,
    stop: async () => {
      await client.close()
      await child.stop()
    },
  }
}
