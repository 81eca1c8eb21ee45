/** Stands for the class that isolates do not have, in packages that read its getters: no value is one. */
export class SharedArrayBuffer {
  get byteLength(): number {
    throw new TypeError('there is no shared memory')
  }

  get growable(): boolean {
    throw new TypeError('there is no shared memory')
  }
}
