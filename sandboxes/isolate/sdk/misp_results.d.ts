/** One value in MISP's format, as a query brings it and an answer holds it. */
export interface MispAttribute {
  readonly type: string
  readonly value: string
  readonly uuid: string
  readonly category?: string
  readonly to_ids?: boolean
  readonly comment?: string
  readonly disable_correlation?: boolean
  /** Its role in the object that it belongs to. */
  readonly object_relation?: string
  /** Base64, with the types `attachment` and `malware-sample`. */
  readonly data?: string
  readonly first_seen?: string
  readonly last_seen?: string
  readonly Tag?: readonly MispTag[]
}

export interface MispTag {
  readonly name: string
}

export interface MispReference {
  readonly uuid: string
  readonly object_uuid: string
  readonly referenced_uuid: string
  readonly relationship_type: string
  readonly comment?: string
}

export interface MispObject {
  readonly uuid: string
  readonly name: string
  readonly 'meta-category'?: string
  readonly description?: string
  readonly template_uuid?: string
  readonly template_version?: string
  readonly comment?: string
  readonly Attribute?: readonly MispAttribute[]
  readonly ObjectReference?: readonly MispReference[]
}

/** The answer of a module with `format: 'misp_standard'`. */
export interface StandardAnswer {
  readonly results: {
    readonly Attribute?: readonly MispAttribute[]
    readonly Object?: readonly MispObject[]
    readonly Tag?: readonly MispTag[]
    readonly EventReport?: readonly unknown[]
  }
  readonly error?: string
}

/** What may be said of an attribute besides its type and value. MISP fills in what is left out. */
export interface AttributeFields {
  readonly category?: string
  readonly to_ids?: boolean
  readonly comment?: string
  readonly disable_correlation?: boolean
  readonly data?: string
  /** ISO 8601. */
  readonly first_seen?: string
  readonly last_seen?: string
  /** Names such as `tlp:clear`. */
  readonly tags?: readonly string[]
}

/** What can stand for a value: nothing at all is added for null, undefined and empty texts. */
export type Value = string | number | boolean | Date | null | undefined

/** An object template of MISP, as far as a module uses it. */
export interface ObjectTemplate<Relations extends string = string> {
  readonly name: string
  readonly uuid: string
  readonly version: number
  readonly metaCategory: string
  readonly description?: string
  /** For each relation that is used: its attribute type, or the type and what else always holds for it. */
  readonly attributes: { readonly [Relation in Relations]: string | (AttributeFields & { readonly type: string }) }
}

/**
 * Names an object template of MISP and the relations that a module uses, so that a wrong relation is an error in the editor. Name,
 * uuid, version and category are those of its `definition.json` in MISP's collection of object templates; `misp-module-host check`
 * compares what a module answers with the installed ones. Throws TypeError where something is missing.
 */
export function objectTemplate<const Relations extends string>(template: ObjectTemplate<Relations>): ObjectTemplate<Relations>

/** Gathers attributes, objects, references and tags for one answer. */
export interface MispResults {
  /** Adds a value that stands alone; the same type and value is added once. Returns it, for references; its uuid is new. */
  attribute(type: string, value: string | number, fields?: AttributeFields): MispAttribute
  /** Adds an object; without any attribute in the end it is left out of the answer, and so are references to it. */
  object<Relations extends string>(template: ObjectTemplate<Relations>, fields?: { readonly comment?: string }): ObjectBuilder<Relations>
  /** Tags one attribute of the answer, or else the event. */
  tag(name: string, attribute?: MispAttribute): void
  answer(): StandardAnswer
}

export interface ObjectBuilder<Relations extends string = string> {
  readonly uuid: string
  /**
   * Adds a value, or each of several, with the type that the template has for the relation. Dates become ISO 8601, other values text.
   * Returns the object, to add the next.
   */
  add(relation: Relations, value: Value | readonly Value[], fields?: AttributeFields): ObjectBuilder<Relations>
  /** Refers to another object, or to an attribute, for example as `related-to`, `analysed-with`, `resolves-to`. */
  refer(target: { readonly uuid: string }, relationship: string, comment?: string): ObjectBuilder<Relations>
}

/**
 * Begins an answer in the format `misp_standard`:
 *
 *     const results = mispResults(query.attribute)
 *     results.object(DomainIp).add('domain', 'a.example').add('ip', addresses).refer(query.attribute, 'related-to')
 *     return results.answer()
 *
 * `asked`, the attribute of the query, becomes part of the answer if anything refers to it or it gets a tag; MISP knows it by its uuid.
 */
export function mispResults(asked?: MispAttribute): MispResults
