/** Run as a program: ends with status 0 where isolates can be made. Needs `--no-node-snapshot`, as every process with isolated-vm. */
import ivm from 'isolated-vm'

new ivm.Isolate({ memoryLimit: 8 }).dispose()
