// Where things are in the memory that a worker shares with its native engine: names for the numbers of native/contract.h.
// Runs in workers.
import { binding } from '../binding/load.js';

const { controlWords, entryKinds, requestFields, requestFlags, responseFields, responseFlags } =
  binding.contract;

export const BATCH = controlWords.batch!;
export const REQUEST_COUNT = controlWords.requestCount!;
export const RESPONSE_COUNT = controlWords.responseCount!;
export const OUTPUT_USED = controlWords.outputUsed!;

export const REQUEST_INTS = Object.keys(requestFields).length;
export const RESPONSE_INTS = Object.keys(responseFields).length;
export const RESPONSE = {
  connection: responseFields.connection!,
  sequence: responseFields.sequence!,
  status: responseFields.status!,
  headerBlock: responseFields.headerBlock!,
  offset: responseFields.offset!,
  headerLength: responseFields.headerLength!,
  bodyLength: responseFields.bodyLength!,
  flags: responseFields.flags!,
};

/** Places of a request's numbers in the ring. */
export const REQUEST = {
  connection: requestFields.connection!,
  sequence: requestFields.sequence!,
  method: requestFields.method!,
  flags: requestFields.flags!,
  urlSlot: requestFields.urlSlot!,
  urlOffset: requestFields.urlOffset!,
  urlLength: requestFields.urlLength!,
  headOffset: requestFields.headOffset!,
  headLength: requestFields.headLength!,
  headSlot: requestFields.headSlot!,
  headSerial: requestFields.headSerial!,
  headersStart: requestFields.headersStart!,
  headerCount: requestFields.headerCount!,
  bodyOffset: requestFields.bodyOffset!,
  bodyLength: requestFields.bodyLength!,
  trailerOffset: requestFields.trailerOffset!,
  trailerLength: requestFields.trailerLength!,
};

export const REQUEST_FLAG = {
  keepAlive: requestFlags.keepAlive!,
  expectsContinue: requestFlags.expectsContinue!,
  expectsOther: requestFlags.expectsOther!,
  hostless: requestFlags.hostless!,
  http10: requestFlags.http10!,
  head: requestFlags.head!,
  newUrl: requestFlags.newUrl!,
  bodyFollows: requestFlags.bodyFollows!,
  upgrade: requestFlags.upgrade!,
  secure: requestFlags.secure!,
};

export const KIND = requestFields.kind!;
export const RAW = responseFlags.raw!;

/** Bytes before a body in which its head has room. Bodies up to `from` are moved behind their heads instead. */
export const HEAD_ROOM = { bytes: binding.contract.headRoom, flag: responseFlags.headRoom!, from: 256 };

/** What an entry of the request ring tells: numbers of native/contract.h. */
export const ENTRY = {
  request: entryKinds.request!,
  bodyData: entryKinds.bodyData!,
  bodyEnd: entryKinds.bodyEnd!,
  gone: entryKinds.gone!,
  drain: entryKinds.drain!,
  finish: entryKinds.finish!,
  peerEnded: entryKinds.peerEnded!,
  closed: entryKinds.closed!,
  halfClosed: entryKinds.halfClosed!,
  opened: entryKinds.opened!,
  fault: entryKinds.fault!,
  idle: entryKinds.idle!,
};
