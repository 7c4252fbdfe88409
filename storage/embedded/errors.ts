// Errors as ClickHouse's HTTP interface tells them: a code, a name, a text, and the status that goes with it.
// https://github.com/ClickHouse/ClickHouse/blob/master/src/Common/ErrorCodes.cpp

export class ClickHouseError extends Error {
  override readonly name = 'ClickHouseError'
  readonly code: number
  readonly type: string
  constructor(code: number, type: string, message: string) {
    super(message)
    this.code = code
    this.type = type
  }
  get status(): number {
    return STATUS[this.type] ?? 500
  }
}

const STATUS: Readonly<Record<string, number>> = {
  AUTHENTICATION_FAILED: 401,
  ACCESS_DENIED: 403,
  READONLY: 403,
  TOO_MANY_SIMULTANEOUS_QUERIES: 429,
  TABLE_IS_READ_ONLY: 503,
  SYNTAX_ERROR: 400,
  UNKNOWN_IDENTIFIER: 404,
  UNKNOWN_TABLE: 404,
  UNKNOWN_DATABASE: 404,
  UNKNOWN_FUNCTION: 404,
  BAD_ARGUMENTS: 400,
  UNKNOWN_SETTING: 404,
  UNKNOWN_FORMAT: 400,
  TYPE_MISMATCH: 400,
  NUMBER_OF_ARGUMENTS_DOESNT_MATCH: 400,
  ILLEGAL_TYPE_OF_ARGUMENT: 400,
  TOO_MANY_BYTES: 413,
  SERVER_UNAVAILABLE: 503,
  TIMEOUT_EXCEEDED: 408,
}

/** What chDB threw, taken apart. chDB wraps the server's own text. */
export const fromChdb = (error: unknown): ClickHouseError => {
  if (error instanceof ClickHouseError) return error
  const text = error instanceof Error ? error.message : String(error)
  const match = /Code: (\d+)\. DB::Exception: ([\s\S]*?)\.? ?\(([A-Z0-9_]{3,})\)/.exec(text)
  if (match === null) return new ClickHouseError(1001, 'STD_EXCEPTION', text)
  return new ClickHouseError(Number(match[1]), match[3] as string, (match[2] as string).replace(/^Code: \d+\. DB::Exception: /, ''))
}
