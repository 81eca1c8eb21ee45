/** What the tests need cannot be had here. The message is meant to be printed as it is. */
export class SetupFailure extends Error {}
