/**
 * What crosses the border between the host and a module: plain data, nothing live, so that a query may one day go through
 * a queue to another machine. Sizes are bytes, times are milliseconds unless the name says otherwise.
 */

/** The four folders of upstream's layout; a module's type is the name of its folder. */
export const MODULE_TYPES = ['expansion', 'import_mod', 'export_mod', 'action_mod'] as const
export type ModuleType = (typeof MODULE_TYPES)[number]

/** A file that claims to be a module, found by discovery and not yet believed. */
export interface ModuleSource {
  readonly name: string
  readonly type: ModuleType
  /** Absolute path of the module's own file. */
  readonly file: string
  /** The module root it was found under. */
  readonly root: string
  /** Whether it belongs to the installed misp-modules package. */
  readonly builtin: boolean
  /** Whether its root is a tenant's own, and nothing of the operator's. */
  readonly own?: boolean
  /** Name of the runtime that claims it: a row of runtimes.ts. */
  readonly runtime: string
  /** Where modules are apart: folders besides the root that its files may be in. They may be anywhere where absent. */
  readonly confined?: readonly string[]
}

/** One of a module's own files, as it was when it was read: it may have been saved again since. */
export interface ModuleFile {
  /** Absolute. */
  readonly path: string
  /** Of its content, in hexadecimal. */
  readonly sha256: string
}

/** What a module says about itself, as its runner wrote it. The bytes are forwarded and never re-encoded. */
export interface Introspection {
  /** JSON of `{"name","type","mispattributes","meta"}`, with `meta.author`, `.description` and `.module-type` always there. */
  readonly entry: string
  /** Whether the module loaded pymisp: decides which preloaded fork server its runners come from. */
  readonly heavy: boolean
  /** Whether it loaded none of the libraries that take long. */
  readonly lean?: boolean | undefined
  /** Files outside the installed packages that loading it read, its own among them: another content of one is another version. */
  readonly files: readonly ModuleFile[]
}

/** The proxies that requests go through: `http://host:port`, credentials in it where it asks for them. */
export interface EgressProxy {
  /** For `http:` URLs; undefined: none. */
  readonly http: string | undefined
  /** For `https:` URLs; undefined: none. */
  readonly https: string | undefined
  /** What is reached without a proxy, as in NO_PROXY: names with all below them, addresses, networks, `*`. */
  readonly except: readonly string[]
}

/** What a module may reach by the network functions that the host offers to it. */
export interface EgressGrant {
  /** Names of hosts, exact or `*.suffix`, and addresses; `*`: any. undefined: any that is public; empty: none. */
  readonly hosts: readonly string[] | undefined
  /** Networks (CIDR) that are not public and may be reached all the same: loopback, private and link-local ones. */
  readonly networks: readonly string[]
  /** undefined: any. */
  readonly ports: readonly number[] | undefined
  /** Methods of HTTP that it may use where they can be seen, which they cannot inside of a tunnel; undefined: any. */
  readonly methods: readonly string[] | undefined
  /** Added to every request to a host, whatever the module says of them: what is secret in them is the operator's, and no module sees it. */
  readonly headers: readonly EgressHeader[]
  /** The socket of the egress process, where the runner is not to connect by itself. */
  readonly door?: string
  readonly proxy: EgressProxy | undefined
  /** File with certificates (PEM) that are trusted besides those of Node. */
  readonly caFile: string | undefined
  /** Time to find the addresses of a host, connect and agree on keys. */
  readonly connectMs: number
  /** Time for one request, redirects and body included. */
  readonly requestMs: number
  /** Of a body, as it comes and decompressed. */
  readonly responseBytes: number
}

/** A header that the operator adds to what a module sends. */
export interface EgressHeader {
  /** A name, exactly. */
  readonly host: string
  readonly name: string
  readonly value: string
}

/** Why a module is not loaded. */
export interface LoadFailure {
  /** The exception's type and text, one line. */
  readonly error: string
  readonly file?: string
  readonly line?: number
  readonly trace?: string
  /** The import name of a package that is not installed. */
  readonly missing?: string
  /** That package is looked for beside the module, in node_modules, and in no environment: the command that installs it there. */
  readonly install?: string
  /** Files that were read until then, where they are known: another content of one may mend it. */
  readonly files?: readonly ModuleFile[]
}

/** What a module may use. `undefined` means the runtime's own default. */
export interface Limits {
  /** Most runners at once. */
  readonly runners: number
  /** Private memory a query may add to what the loaded module holds, in MB. */
  readonly memoryMb: number
  /** Processor time of a query, of what runs as a process. */
  readonly cpuSeconds?: number | undefined
  readonly outputBytes: number
  readonly logBytes: number
  readonly logLines: number
}

/** Grants and settings an operator gives to one module. Empty means nothing. */
export interface ModuleSettings {
  readonly enabled: boolean
  /** Seconds; replaces upstream's 300 where a request has none, and caps it otherwise. */
  readonly timeout: number
  readonly limits: Limits
  readonly env: Readonly<Record<string, string>>
  readonly egress: EgressGrant
  /** Whether it may start processes, programs of the machine among them, where the profile forbids that. */
  readonly processes: boolean
  /** Whether what it remembers of one query may be there for the next, where the profile or its language would begin anew. */
  readonly warm: boolean
}

/** What holds for the module of a name; `own`: for the one in a root of the tenant's own, which is not that of the operator. */
export type SettingsOf = (module: string, own?: boolean) => ModuleSettings

/** One question to one module. */
export interface Query {
  /** The request's id, as in `X-Request-Id` and the log. */
  readonly id: string
  readonly tenant: string
  readonly module: string
  /** The request body exactly as received. */
  readonly body: readonly Uint8Array[]
  readonly bodyBytes: number
  /** Moments on the `performance.now()` clock. */
  readonly receivedAt: number
  readonly deadline: number
}

/**
 * What a runner says became of a query. `bad_result`: the answer cannot be serialised. `refused`: the runner's own JSON parser
 * does not take the body. `cancelled`: asyncio's CancelledError, which upstream answers with an empty body. `out_of_memory`: the
 * module met its limit and did not know what to do. `exit`: the runner leaves, and answers nothing more. `violation`, `too_large`: what
 * a program said that a runner stands before is not of the protocol, or longer than an answer may be.
 */
export const OUTCOMES = [
  'success', 'module_error', 'exception', 'bad_result', 'timeout', 'cancelled', 'out_of_memory', 'refused', 'exit', 'violation', 'too_large',
] as const
export type Outcome = (typeof OUTCOMES)[number]

/** One answer. `success` and `module_error` are upstream's words: the latter is a dict with a truthy `error` or `errors`. */
export interface Result {
  readonly outcome: 'success' | 'module_error'
  /** The module's answer exactly as its runner serialised it. */
  readonly body: readonly Uint8Array[]
  readonly bodyBytes: number
}

/** Ask a module. Rejects with QueryFailure and with nothing else. */
export type Ask = (query: Query) => Promise<Result>
