/** A clock that reads as the log's lines do: ISO 8601 to the millisecond. What stays the same for a second is made once. */
export function logClock(): () => string {
  let second = -1
  let head = ''
  return () => {
    const now = Date.now()
    const at = Math.floor(now / 1000)
    if (at !== second) {
      second = at
      head = new Date(at * 1000).toISOString().slice(0, 20)
    }
    return `${head}${String(now % 1000).padStart(3, '0')}Z`
  }
}
