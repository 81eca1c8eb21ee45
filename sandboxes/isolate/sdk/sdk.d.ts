import type { ActionAnswer, ErrorAnswer, ExportAnswer, SimpleAnswer } from './answers.js'
import type { MispAttribute, MispObject, StandardAnswer } from './misp_results.js'

export { errorAnswer, exportAnswer, importedBytes, importedText, ModuleError, simpleAnswer } from './answers.js'
export type { ActionAnswer, ErrorAnswer, ExportAnswer, SimpleAnswer, SimpleResult } from './answers.js'
export { mispResults, objectTemplate } from './misp_results.js'
export type {
  AttributeFields, MispAttribute, MispObject, MispReference, MispResults, MispTag, ObjectBuilder, ObjectTemplate, StandardAnswer,
} from './misp_results.js'

/**
 * Makes a module of its description and its handler. The result is what a module file exports by default:
 *
 *     import { defineModule, simpleAnswer } from 'misp-module-host/sdk'
 *
 *     export default defineModule({
 *       info: { name: 'Length', version: '1.0', author: 'me', description: 'How long it is.', 'module-type': ['expansion'] },
 *       attributes: { input: ['domain', 'hostname'], output: ['text'] },
 *       handler(query, context) {
 *         return simpleAnswer({ types: ['text'], values: [`${context.input.value.length}`] })
 *       },
 *     })
 *
 * Before the handler is called the query is checked against `attributes`: what the types promise is there. A query without it gets
 * an error answer that says what was expected and what was found. The type of `query` follows from `attributes`:
 *
 * | `attributes` | `query` has |
 * |---|---|
 * | `input: ['domain', 'ip-src']` | `domain` or `ip-src`, whichever was asked, and `data` (base64) with attachments |
 * | `input`, `format: 'misp_standard'` | `attribute` with `type`, `value` and `uuid` |
 * | `inputSource`, `userConfig` (import) | `data` (base64), `filename` |
 * | `responseType`, `outputFileExtension` (export) | `data`: events |
 * | `config: { params }` (action) | `data`, `params` by name |
 *
 * Throws TypeError where the definition is not one: when the module is loaded, not when it is asked.
 */
export function defineModule<
  const I extends ModuleInfo, const A extends AttributesFor<I>, const C extends ConfigDeclaration = readonly [],
>(definition: ModuleDefinition<I, A, C>): MispModule<AnswerOf<I, A>>

export interface ModuleDefinition<I extends ModuleInfo, A, C extends ConfigDeclaration> {
  /** What people read about the module, and which kind it is: upstream's `moduleinfo`. */
  readonly info: I
  /** What it takes and what it gives: upstream's `mispattributes`. */
  readonly attributes: A
  /**
   * Names of the settings that an administrator of MISP fills in, such as `['api_key', 'url']`; or an object with a description for
   * each. A query brings their values in `config`; `context.config` has those that are set.
   */
  readonly config?: C
  /** Answers one query. What it throws as ModuleError becomes an error answer; anything else is a bug and is logged as one. */
  handler(query: QueryOf<I, A, C>, context: ContextOf<I, A, C>): AnswerOf<I, A> | Promise<AnswerOf<I, A>>
  /**
   * Only for `misp_standard`: answers a query for a whole object. `attributes.input` then names the templates of those objects too.
   */
  objectHandler?(query: ObjectQuery<C>, context: Context<ConfigValues<C>>): AnswerOf<I, A> | Promise<AnswerOf<I, A>>
}

/** What a module file exports: three functions, named as upstream's. */
export interface MispModule<Answer = unknown> {
  introspection(): Record<string, unknown>
  version(): Record<string, unknown>
  handler(query: unknown, context: Context): Promise<Answer>
}

/** Upstream's `moduleinfo`: shown by MISP and its tools. Texts may be Markdown. */
export interface ModuleInfo {
  /** For people; the name that queries use is the name of the file. */
  readonly name: string
  readonly version: string
  readonly author: string
  readonly description: string
  /** Where MISP offers it. `hover` shows a result without storing it. The folder of the file has to agree. */
  readonly 'module-type':
    | readonly ['expansion' | 'hover', ...('expansion' | 'hover')[]] | readonly ['import'] | readonly ['export'] | readonly ['action']
  /** File name of a picture, or empty. */
  readonly logo?: string
  /** What it needs: an account, a key, a service. */
  readonly requirements?: readonly string[]
  readonly features?: string
  /** Addresses to read on. */
  readonly references?: readonly string[]
  readonly input?: string
  readonly output?: string
  /**
   * It is right also where what it keeps in its globals is there for the next query: a cache, a table that takes long to make. Where every
   * query begins anew (the profile strict) the operator has to grant it as well.
   */
  readonly warm?: boolean
  /** Only for exports: have MISP convert the events to its standard format first. */
  readonly require_standard_format?: boolean
}

/** `mispattributes` of an expansion. Types are MISP's attribute types; `misp-module-host check` compares them with the installed ones. */
export interface ExpansionAttributes {
  /** Types that it can be asked about; names of object templates as well, if there is an `objectHandler`. */
  readonly input: readonly [string, ...string[]]
  /** Types that it answers with. */
  readonly output?: readonly string[]
  /** With it the module is asked with whole attributes, and answers attributes, objects and tags: see `mispResults`. */
  readonly format?: 'misp_standard'
}

export interface ImportAttributes {
  /** Where the data comes from: a file, a text field of MISP, or, if empty, nowhere. */
  readonly inputSource: readonly ('file' | 'paste')[]
  /** What the user fills in for each import; its values are in `context.config`, converted to their type. */
  readonly userConfig?: { readonly [name: string]: UserConfigField }
  readonly output?: readonly string[]
  readonly format?: 'misp_standard'
}

export interface UserConfigField {
  readonly type: 'String' | 'Boolean' | 'Integer'
  readonly message?: string
  readonly required?: boolean
  /** Only for Boolean: ticked to begin with. */
  readonly checked?: boolean
  readonly default?: string | number | boolean
  /** PHP's form, with slashes around it: MISP checks the value. */
  readonly regex?: string
  readonly errorMessage?: string
  readonly validation?: string
}

export interface ExportAttributes {
  /** Media type of the file that is made, such as `text/plain`. */
  readonly responseType: string
  /** Without the dot. */
  readonly outputFileExtension: string
  readonly userConfig?: { readonly [name: string]: UserConfigField }
  readonly inputSource?: readonly string[]
  readonly input?: readonly string[]
}

export interface ActionAttributes {
  readonly config: {
    /** What is filled in for the step of a workflow. */
    readonly params: { readonly [name: string]: ActionParam }
    /** Whether an error stops the workflow. */
    readonly blocking?: boolean
    readonly support_filters?: boolean
    /** Whether `data` is the event in MISP's core format. */
    readonly expect_misp_core_format?: boolean
  }
}

export interface ActionParam {
  readonly type: 'string' | 'large_string' | 'integer' | 'boolean' | 'hash_path'
  readonly description?: string
  /** The value to begin with. */
  readonly value?: string
  readonly jinja_supported?: boolean
}

export type AttributesFor<I extends ModuleInfo> =
  KindOf<I> extends 'import' ? ImportAttributes
  : KindOf<I> extends 'export' ? ExportAttributes
  : KindOf<I> extends 'action' ? ActionAttributes
  : ExpansionAttributes

/** Names, or names with a description each. */
export type ConfigDeclaration = readonly string[] | { readonly [name: string]: string }

/** What the module is told of the query besides its body, and what it may use. */
export interface Context<Config = Readonly<Record<string, string>>> {
  /** The settings that have a value. */
  readonly config: Config
  /** Lines for the log of this query; an author sees them in `misp-module-host dev`. */
  readonly log: Log
  /** Aborted when the time for the query is over. `fetch` is told by itself. */
  readonly signal: AbortSignal
  /** As on the web, within what the operator lets this module reach. */
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>
  readonly dns: Dns
}

export interface Log {
  debug(...parts: readonly unknown[]): void
  info(...parts: readonly unknown[]): void
  warn(...parts: readonly unknown[]): void
  error(...parts: readonly unknown[]): void
}

/**
 * Looks names up. Rejects with an error whose `code` is Node's: `ENOTFOUND` (no such name), `ENODATA` (no record of that type),
 * `ETIMEOUT`, `ESERVFAIL`. PTR wants the name in `in-addr.arpa` or `ip6.arpa`.
 */
export interface Dns {
  resolve(name: string, type: 'A' | 'AAAA' | 'NS' | 'PTR' | 'CNAME'): Promise<string[]>
  resolve(name: string, type: 'MX'): Promise<{ exchange: string; priority: number }[]>
  /** Each record in the pieces that it was sent in. */
  resolve(name: string, type: 'TXT'): Promise<string[][]>
  resolve(name: string, type: 'SOA'): Promise<{
    nsname: string; hostmaster: string; serial: number; refresh: number; retry: number; expire: number; minttl: number
  }>
}

/** What an expansion was asked about, whatever form the query had. */
export interface Input<Type extends string = string> {
  readonly type: Type
  readonly value: string
}

type KindOf<I extends ModuleInfo> = I['module-type'][number]

/** What every query may bring. */
interface AnyQuery<C extends ConfigDeclaration> {
  readonly module?: string
  readonly event_id?: string | number
  /** As MISP sends it: null where a setting has no value. `context.config` is easier to use. */
  readonly config?: { readonly [Name in ConfigName<C>]?: string | null }
  /** Seconds. */
  readonly timeout?: number
}

/** A query in the simple form: exactly one of the declared types is there. */
type SimpleQuery<Types extends string, C extends ConfigDeclaration> = AnyQuery<C> & {
  readonly attribute_uuid?: string
  /** With `attachment` and `malware-sample`: the content, base64. */
  readonly data?: string
} & { [Type in Types]: { readonly [Asked in Type]: string } & { readonly [Other in Exclude<Types, Type>]?: undefined } }[Types]

export interface AttributeQuery<Types extends string, C extends ConfigDeclaration> extends AnyQuery<C> {
  readonly attribute: MispAttribute & Input<Types>
}

export interface ObjectQuery<C extends ConfigDeclaration> extends AnyQuery<C> {
  readonly object: MispObject
}

export interface ImportQuery<C extends ConfigDeclaration> extends AnyQuery<C> {
  /** Base64; see `importedText` and `importedBytes`. Empty where `inputSource` is. */
  readonly data: string
  readonly filename?: string
}

export interface ExportQuery<C extends ConfigDeclaration> extends AnyQuery<C> {
  readonly data: readonly MispEvent[]
}

export interface ActionQuery<Params extends string> extends AnyQuery<readonly []> {
  readonly data?: unknown
  readonly params: { readonly [Name in Params]?: string }
  readonly matchingData?: { readonly [label: string]: unknown }
  readonly filteredItems?: unknown
}

/** One event as MISP hands it to an export: its own fields in `Event`, its parts beside it or in it. */
export interface MispEvent {
  readonly Event?: { readonly [field: string]: unknown; readonly Attribute?: readonly MispAttribute[]; readonly Object?: readonly MispObject[] }
  readonly Attribute?: readonly MispAttribute[]
  readonly Object?: readonly MispObject[]
  readonly [field: string]: unknown
}

type InputTypes<A> = A extends { readonly input: readonly (infer Type extends string)[] } ? Type : string
type ParamNames<A> = A extends { readonly config: { readonly params: infer Params } } ? keyof Params & string : string

export type QueryOf<I extends ModuleInfo, A, C extends ConfigDeclaration> =
  KindOf<I> extends 'import' ? ImportQuery<C>
  : KindOf<I> extends 'export' ? ExportQuery<C>
  : KindOf<I> extends 'action' ? ActionQuery<ParamNames<A>>
  : A extends { readonly format: 'misp_standard' } ? AttributeQuery<InputTypes<A>, C>
  : SimpleQuery<InputTypes<A>, C>

type ConfigName<C extends ConfigDeclaration> = C extends readonly string[] ? C[number] : keyof C & string
export type ConfigValues<C extends ConfigDeclaration> = { readonly [Name in ConfigName<C>]?: string }
type UserConfigValues<A> = A extends { readonly userConfig: infer Fields }
  ? { readonly [Name in keyof Fields as Fields[Name] extends { readonly type: 'Boolean' } ? Name : never]: boolean } & {
    readonly [Name in keyof Fields as Fields[Name] extends { readonly type: 'Boolean' } ? never : Name]?:
      Fields[Name] extends { readonly type: 'Integer' } ? number : string
  }
  : unknown

export type ContextOf<I extends ModuleInfo, A, C extends ConfigDeclaration> = Context<ConfigValues<C> & UserConfigValues<A>> &
  (KindOf<I> extends 'expansion' | 'hover' ? { readonly input: Input<InputTypes<A>> } : unknown)

export type AnswerOf<I extends ModuleInfo, A> = ErrorAnswer | (
  KindOf<I> extends 'export' ? ExportAnswer
  : KindOf<I> extends 'action' ? ActionAnswer
  : A extends { readonly format: 'misp_standard' } ? StandardAnswer
  : SimpleAnswer)
