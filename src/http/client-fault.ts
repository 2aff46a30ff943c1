// Which of our errors are the client's doing, and the status that says so. Runs in workers: a handler that lets one of
// these through has its request answered with it, and nothing is wrong with the application.
import { CODINGS } from '../config/compression.js';
import { type ErrorCode, PronghornError } from '../errors.js';
import { isReadable } from './content-coding.js';
import type { ResponseInit } from './response.js';

const STATUS: Partial<Record<ErrorCode, number>> = {
  ERR_PRONGHORN_BODY_CODING: 415,
  ERR_PRONGHORN_BODY_CORRUPT: 400,
  ERR_PRONGHORN_BODY_SIZE: 413,
  ERR_PRONGHORN_FORM_TYPE: 415,
  ERR_PRONGHORN_FORM_CORRUPT: 400,
  ERR_PRONGHORN_FORM_LIMIT: 413,
};

const TEXT: Record<number, string> = {
  400: 'Bad Request\n',
  413: 'Content Too Large\n',
  415: 'Unsupported Media Type\n',
};

/** Whether the client left before it was done: any client can do that at any time, so it is nothing to report. */
export function isGone(error: unknown): boolean {
  return error instanceof PronghornError && error.code === 'ERR_PRONGHORN_CLIENT_GONE';
}

/** The answer that the client deserves; undefined if it did nothing wrong. */
export function answerToFault(error: unknown): ResponseInit | undefined {
  if (!(error instanceof PronghornError)) return undefined;
  const code = STATUS[error.code];
  if (code === undefined) return undefined;
  const headers: Record<string, string> = { 'Content-Type': 'text/plain' };
  // RFC 9110 section 15.5.16: what would have been understood.
  if (error.code === 'ERR_PRONGHORN_BODY_CODING')
    headers['Accept-Encoding'] = CODINGS.filter(isReadable).join(', ');
  // The rest of the body is not worth reading.
  if (code === 413) headers.Connection = 'close';
  return { code, headers, body: TEXT[code] };
}
