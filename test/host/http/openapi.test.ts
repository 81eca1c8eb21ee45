import { it } from 'vitest'
import { exchange, get } from '../../support/raw_http.ts'
import { startStub } from './stub_host.ts'

it('the document names the server, lists the modules and documents what is sent', async ({ expect }) => {
  await using host = await startStub()
  const { answer } = await exchange(host.port, get('/openapi.json'))
  expect(answer?.headers['content-type']).toBe('application/json')
  const document = JSON.parse(answer!.body.toString())
  const listing = JSON.parse((await exchange(host.port, get('/modules'))).answer!.body.toString())
  expect(document.servers).toEqual([{ url: `http://127.0.0.1:${host.port}` }])
  expect(Object.keys(document.paths)).toEqual(['/modules', '/query', '/healthcheck', '/statistics', '/version'])
  expect(document.paths['/modules'].get.responses[200].content['text/html; charset=UTF-8'].examples.modules.value).toEqual(listing)
  expect(Object.keys(document.paths['/query'].post.responses)).toEqual(['200', '500'])
  expect(document.components.schemas.ModuleDescriptor.properties.type.enum).toContain(listing[0].type)
})

it('every reference in the document leads somewhere', async ({ expect }) => {
  await using host = await startStub()
  const text = (await exchange(host.port, get('/openapi.json'))).answer!.body.toString()
  const document = JSON.parse(text)
  for (const [, reference] of text.matchAll(/"\$ref":"#\/([^"]+)"/g)) {
    expect(reference!.split('/').reduce((place, key) => place?.[key], document), reference).toBeDefined()
  }
})

it('where any address is served, the document names none', async ({ expect }) => {
  await using host = await startStub({ listenName: '' })
  expect(JSON.parse((await exchange(host.port, get('/openapi.json'))).answer!.body.toString()).servers).toEqual([{ url: '/' }])
})

it('the page loads nothing from elsewhere, and what it loads is there', async ({ expect }) => {
  await using host = await startStub()
  const page = (await exchange(host.port, get('/openapi'))).answer!
  expect(page.headers['content-type']).toBe('text/html; charset=utf-8')
  const parts = [...page.body.toString().matchAll(/(?:src|href)="([^"]*)"/g)].map(([, path]) => path!)
  expect(parts.length).toBe(3)
  for (const path of parts) {
    expect(path).toMatch(/^\/openapi\//)
    const { answer } = await exchange(host.port, get(path))
    expect(answer?.status).toBe(200)
    expect(answer!.body.length).toBeGreaterThan(10_000)
    expect((await exchange(host.port, get(path, [`If-None-Match: ${answer!.headers['etag']}`]))).answer?.status).toBe(304)
  }
})

it('without an installed misp-modules there is no version', async ({ expect }) => {
  await using host = await startStub({ version: () => undefined })
  expect((await exchange(host.port, get('/version'))).answer?.status).toBe(500)
})
