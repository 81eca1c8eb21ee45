/** What the bundle of a test has in it: the guest's own code, put where a script can find it. */
import { makeDns } from '../../../../sandboxes/isolate/guest/web/dns.ts'
import { makeFetch } from '../../../../sandboxes/isolate/guest/web/fetch.ts'
import { installWeb, WEB_GLOBALS } from '../../../../sandboxes/isolate/guest/web/install.ts'

Object.assign(globalThis, { web: { installWeb, makeFetch, makeDns, WEB_GLOBALS } })
