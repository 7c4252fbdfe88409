import { createClient, type ClickHouseClient } from '@clickhouse/client'

// The one way to ClickHouse, embedded or a server: the official client over HTTP.

export type StoreAddress = { readonly url: string; readonly username: string; readonly password: string }

/** A request that takes longer than this has an ambiguous end and is tried again. A block of 1,000,000 rows takes 0.3 s here. */
const REQUEST_MS_MAX = 120_000
/** As many as there are tables in flight at once, and a few for the engine's own reads. */
const CONNECTIONS_MAX = 16

export const openClient = ({ url, username, password }: StoreAddress): ClickHouseClient =>
  createClient({
    url,
    username,
    password,
    application: 'sealstream',
    request_timeout: REQUEST_MS_MAX,
    max_open_connections: CONNECTIONS_MAX,
    // The child closes idle connections after 30 s; we let go first.
    keep_alive: { enabled: true, idle_socket_ttl: 10_000 },
    log: { level: 127 },
  })

/** `CLICKHOUSE_URL` with its credentials taken out of it. */
export const serverAddress = (clickhouseUrl: string): StoreAddress => {
  const url = new URL(clickhouseUrl)
  const address = { username: decodeURIComponent(url.username) || 'default', password: decodeURIComponent(url.password) }
  url.username = ''
  url.password = ''
  return { ...address, url: url.toString().replace(/\/$/, '') }
}
