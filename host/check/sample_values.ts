/** A value of each common type of attributes, from ranges and names that are for documentation. */
const VALUES: Readonly<Record<string, string>> = {
  'ip-src': '198.51.100.7', 'ip-dst': '198.51.100.7', 'ip-src|port': '198.51.100.7|443', 'ip-dst|port': '198.51.100.7|443',
  'domain': 'example.com', 'hostname': 'www.example.com', 'domain|ip': 'example.com|198.51.100.7', 'hostname|port': 'www.example.com|443',
  'url': 'https://www.example.com/path?query=1', 'uri': '/path?query=1', 'link': 'https://www.example.com/', 'user-agent': 'Mozilla/5.0',
  'email': 'someone@example.com', 'email-src': 'someone@example.com', 'email-dst': 'someone@example.com', 'target-email': 'someone@example.com',
  'md5': 'd41d8cd98f00b204e9800998ecf8427e', 'sha1': 'da39a3ee5e6b4b0d3255bfef95601890afd80709',
  'sha256': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  'sha512': 'cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e',
  'filename': 'sample.txt', 'filename|md5': 'sample.txt|d41d8cd98f00b204e9800998ecf8427e',
  'filename|sha256': 'sample.txt|e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  'attachment': 'sample.txt', 'malware-sample': 'sample.txt|d41d8cd98f00b204e9800998ecf8427e',
  'vulnerability': 'CVE-2021-44228', 'cpe': 'cpe:2.3:a:apache:log4j:2.14.1:*:*:*:*:*:*:*', 'weakness': 'CWE-79', 'AS': 'AS64496',
  'mac-address': '00:00:5e:00:53:01', 'btc': '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa', 'xmr': '4'.padEnd(95, 'A'), 'port': '443',
  'phone-number': '+12025550123', 'whois-registrant-phone': '+12025550123', 'github-username': 'octocat', 'github-repository': 'octocat/example',
  'iban': 'GB33BUKB20201555555555', 'bic': 'BUKBGB22', 'cc-number': '4111111111111111', 'datetime': '2024-01-01T00:00:00Z',
  'country-of-residence': 'LU', 'size-in-bytes': '1024', 'counter': '1', 'float': '1.5', 'boolean': '1', 'hex': '00ff',
  'x509-fingerprint-sha1': 'da39a3ee5e6b4b0d3255bfef95601890afd80709', 'x509-fingerprint-md5': 'd41d8cd98f00b204e9800998ecf8427e',
  'x509-fingerprint-sha256': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  'ja3-fingerprint-md5': 'd41d8cd98f00b204e9800998ecf8427e', 'imphash': 'd41d8cd98f00b204e9800998ecf8427e',
  'yara': 'rule sample { condition: true }', 'snort': 'alert tcp any any -> any any (msg:"sample"; sid:1;)', 'mutex': 'sample', 'regkey': 'HKLM\\Software\\Sample',
  'sigma': 'title: sample\nlogsource:\n  product: windows\ndetection:\n  s:\n    EventID: 1\n  condition: s\n',
  'stix2-pattern': "[ipv4-addr:value = '198.51.100.7']",
}

/** A value for a sample query; a plain text where the type is none of the common ones. */
export function sampleValue(type: string): string {
  return VALUES[type] ?? 'sample'
}

/** Types whose value is the name of a file, which comes along as base64. */
export function hasData(type: string): boolean {
  return type === 'attachment' || type === 'malware-sample'
}
