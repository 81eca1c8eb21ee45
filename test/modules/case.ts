import type { ExpectStatic } from 'vitest'
import type { LoopbackProvider, Route } from './provider.ts'

export interface Answer {
  readonly error?: string
  readonly results?: unknown
  readonly data?: unknown
}

/** One question to a module that comes with the host, and what its answer has to be, whoever carries it. */
export interface Case {
  readonly claim: string
  /** `expansion/dns_records` */
  readonly module: string
  /** Its body, without `module`. A function gets the address of the provider. */
  readonly query: Readonly<Record<string, unknown>> | ((url: string) => Readonly<Record<string, unknown>>)
  /** What the provider answers, by path. */
  readonly routes?: Readonly<Record<string, Route>>
  /** What the resolver answers, by `name type`; a text that begins with E is the code it fails with. Only in plain Node. */
  readonly dns?: Readonly<Record<string, unknown>>
  readonly check: (expect: ExpectStatic, answer: Answer, provider: LoopbackProvider) => void
}

/** What MISP sends of an attribute. */
export function attribute(type: string, value: string) {
  return { type, value, uuid: '5f2e9a3c-1111-4c4c-8a8a-aaaaaaaaaaaa', category: 'Network activity', to_ids: true, comment: '', id: '7', event_id: '1' }
}

interface StandardObject {
  readonly name: string
  readonly uuid: string
  readonly Attribute: readonly { readonly object_relation: string; readonly value: string; readonly type: string }[]
  readonly ObjectReference?: readonly { readonly referenced_uuid: string; readonly relationship_type: string }[]
}

/** The objects of an answer: name, relations with their values, and what they refer to. */
export function objectsOf(answer: Answer) {
  const { Object: objects = [] } = (answer.results ?? {}) as { Object?: readonly StandardObject[] }
  const nameOf = (uuid: string) => objects.find((object) => object.uuid === uuid)?.name ?? 'attribute'
  return objects.map(({ name, Attribute, ObjectReference = [] }) => ({
    name,
    values: Attribute.map(({ object_relation: relation, value }) => `${relation}: ${value}`),
    references: ObjectReference.map(({ relationship_type: relation, referenced_uuid: uuid }) => `${relation} ${nameOf(uuid)}`),
  }))
}

export function tagsOf(answer: Answer): string[] {
  const { Attribute = [] } = (answer.results ?? {}) as { Attribute?: readonly { Tag?: readonly { name: string }[] }[] }
  return Attribute.flatMap(({ Tag = [] }) => Tag.map(({ name }) => name))
}

/** The file that an export made. */
export function fileIn(answer: Answer): string {
  return Buffer.from(String(answer.data), 'base64').toString()
}

export function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
