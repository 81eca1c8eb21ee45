import { defineModule, type MispResults, ModuleError, mispResults, objectTemplate } from 'misp-module-host/sdk'
import { type Json, list, record, text } from '../_json.ts'
import { fetchJson } from '../_provider.ts'

const HASHLOOKUP = { name: 'CIRCL hashlookup', url: 'https://hashlookup.circl.lu' }

const KnownFile = objectTemplate({
  name: 'hashlookup',
  uuid: '18671816-2524-452e-b031-5fc0fe2ab774',
  version: 3,
  metaCategory: 'file',
  attributes: {
    FileName: { type: 'filename', disable_correlation: true },
    FileSize: { type: 'size-in-bytes', disable_correlation: true },
    MD5: 'md5',
    'SHA-1': 'sha1',
    'SHA-256': 'sha256',
    SSDEEP: 'ssdeep',
    TLSH: 'tlsh',
    KnownMalicious: { type: 'text', disable_correlation: true },
    PackageName: { type: 'text', disable_correlation: true },
    PackageVersion: { type: 'text', disable_correlation: true },
    PackageRelease: { type: 'text', disable_correlation: true },
    PackageArch: { type: 'text', disable_correlation: true },
    PackageMaintainer: 'text',
    PackageDescription: { type: 'text', disable_correlation: true },
    source: { type: 'text', disable_correlation: true },
  },
})
const FIELDS = Object.keys(KnownFile.attributes) as (keyof typeof KnownFile.attributes)[]

const DIGITS: Readonly<Record<number, string>> = { 32: 'md5', 40: 'sha1', 64: 'sha256' }
const MOST_PACKAGES = 5

export default defineModule({
  info: {
    name: 'Known file',
    version: '1.0',
    author: 'misp-module-host',
    description: 'Whether a hash is that of a file in the distributions and lists that CIRCL hashlookup knows: often a false positive.',
    'module-type': ['expansion', 'hover'],
    requirements: ['Access to hashlookup.circl.lu or to a copy of it; no key'],
    features:
      'Answers the file and the first packages that it is part of, and tags the attribute with the trust that the service has in it ' +
      '(below 50: little, above: the file is in several sources), and where the service knows it as malicious.',
    references: ['https://www.circl.lu/services/hashlookup/'],
    input: 'An MD5, SHA-1 or SHA-256 hash, alone or with a file name.',
    output: 'A hashlookup object for the file, one for each package, and tags.',
  },
  attributes: {
    input: ['md5', 'sha1', 'sha256', 'filename|md5', 'filename|sha1', 'filename|sha256'],
    output: ['filename', 'size-in-bytes', 'md5', 'sha1', 'sha256', 'ssdeep', 'tlsh', 'text'],
    format: 'misp_standard',
  },
  config: { url: 'Address of hashlookup, if it is not that of CIRCL.' },

  async handler({ attribute }, context) {
    const hash = attribute.value.split('|').at(-1)?.trim() ?? ''
    const kind = /^[\da-f]+$/i.test(hash) ? DIGITS[hash.length] : undefined
    if (kind === undefined) throw new ModuleError(`"${hash.slice(0, 80)}" should be an MD5, SHA-1 or SHA-256 hash.`)
    const file = await fetchJson(context, HASHLOOKUP, `/lookup/${kind}/${hash}`)
    if (file === undefined) throw new ModuleError(`${HASHLOOKUP.name} knows no file with this ${kind}.`)
    const known = record(file)
    const results = mispResults(attribute)
    const object = addFile(results, known)
    for (const parent of list(known['parents']).slice(0, MOST_PACKAGES)) object.refer(addFile(results, record(parent)), 'included-in')
    object.refer(attribute, 'related-to')
    if (results.answer().results.Object === undefined) throw new ModuleError(`${HASHLOOKUP.name} answered nothing that describes a file.`)
    for (const tag of tagsFor(known)) results.tag(tag, attribute)
    return results.answer()
  },
})

function addFile(results: MispResults, known: Json) {
  const object = results.object(KnownFile)
  for (const field of FIELDS) object.add(field, text(known[field]))
  return object
}

function tagsFor(known: Json): string[] {
  const tags = []
  const trust = text(known['hashlookup:trust'])
  if (trust !== undefined) tags.push(`hashlookup:trust="${trust}"`)
  if (text(known['KnownMalicious']) !== undefined) tags.push('hashlookup:known="malicious"')
  return tags
}
