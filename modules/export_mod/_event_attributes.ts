import type { MispAttribute, MispEvent } from 'misp-module-host/sdk'

export interface EventAttribute extends MispAttribute {
  /** What the event is called. */
  readonly event: string
}

/** All attributes of the events, those of objects too, wherever MISP has put them; what has no type or value is left out. */
export function attributesOf(events: readonly MispEvent[]): EventAttribute[] {
  return events.flatMap((event) => {
    const inner = event.Event ?? (event as NonNullable<MispEvent['Event']>)
    const title = typeof inner['info'] === 'string' ? inner['info'] : 'MISP event'
    const lists = [event.Attribute, inner.Attribute, ...[event.Object, inner.Object].flatMap((objects) => (objects ?? []).map((object) => object.Attribute))]
    const byUuid = new Map<string, EventAttribute>()
    for (const attribute of lists.flatMap((list) => list ?? [])) {
      if (typeof attribute?.type !== 'string' || typeof attribute.value !== 'string') continue
      byUuid.set(attribute.uuid ?? `${attribute.type} ${attribute.value}`, { ...attribute, event: title })
    }
    return [...byUuid.values()]
  })
}

/** Whether an attribute is marked for detection; MISP sends booleans and, in places, "0" and "1". */
export function isForDetection({ to_ids: mark }: { readonly to_ids?: unknown }): boolean {
  return mark === true || mark === 1 || mark === '1' || mark === 'true'
}
