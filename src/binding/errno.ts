// How native functions tell of a failure: see status.ts for the error that is made of it. Types only, used in every process.

/** A negative errno, as the kernel gave it. */
export type Errno = number;
