// What can be wrong with a request, its body or the answer to it: the rows of src/errors.ts that a handler meets. Used in
// workers.
import { EXIT, row } from './row.js';

export const REQUEST_ERRORS = {
  ERR_PRONGHORN_HTTP_ALREADY_ANSWERED: row(EXIT.internal, () => 'this request was answered before'),
  ERR_PRONGHORN_HTTP_HEADER: row<{ name: string; reason: string }>(
    EXIT.internal,
    ({ name, reason }) => `cannot send the header \`${name}\`: ${reason}`,
  ),
  ERR_PRONGHORN_HTTP_STATUS: row<{ status: unknown }>(
    EXIT.internal,
    ({ status }) => `expected an integer from 200 to 599 as status code, received ${String(status)}`,
  ),
  ERR_PRONGHORN_HTTP_BODY: row<{ type: string }>(
    EXIT.internal,
    ({ type }) => `expected a string, bytes, a stream or an iterable of these as body, received ${type}`,
  ),
  ERR_PRONGHORN_HTTP_COOKIE: row<{ name: string; reason: string }>(
    EXIT.internal,
    ({ name, reason }) => `cannot set the cookie \`${name}\`: ${reason}`,
  ),
  ERR_PRONGHORN_HTTP_FILE: row<{ reason: string }>(
    EXIT.internal,
    ({ reason }) => `cannot answer with this file: ${reason}`,
  ),
  ERR_PRONGHORN_HTTP_LENGTH: row<{ promised: number; written: number }>(
    EXIT.internal,
    ({ promised, written }) => `the Content-Length promises ${promised} bytes, written were ${written}`,
  ),
  ERR_PRONGHORN_HTTP_UPGRADE: row<{ reason: string }>(
    EXIT.internal,
    ({ reason }) => `cannot take over the connection: ${reason}`,
  ),
  ERR_PRONGHORN_FETCH_RESPONSE: row<{ received: string }>(
    EXIT.internal,
    ({ received }) => `expected a Response from fetch(request), received ${received}`,
  ),
  ERR_PRONGHORN_BODY_USED: row(EXIT.internal, () => "the request's body was read before"),
  ERR_PRONGHORN_BODY_CODING: row<{ coding: string }>(
    EXIT.internal,
    ({ coding }) => `the request's body has the content coding ${coding}, which is not known here`,
  ),
  ERR_PRONGHORN_BODY_CORRUPT: row<{ reason: string }>(
    EXIT.internal,
    ({ reason }) => `the request's body cannot be inflated: ${reason}`,
  ),
  ERR_PRONGHORN_BODY_SIZE: row<{ most: number }>(
    EXIT.internal,
    ({ most }) => `the request's body has more than ${most} bytes when it is inflated`,
  ),
  ERR_PRONGHORN_FORM_TYPE: row<{ type: string }>(
    EXIT.internal,
    ({ type }) => `the request's body is no form: its type is ${type}`,
  ),
  ERR_PRONGHORN_FORM_CORRUPT: row<{ reason: string }>(
    EXIT.internal,
    ({ reason }) => `the form in the request's body makes no sense: ${reason}`,
  ),
  ERR_PRONGHORN_FORM_LIMIT: row<{ what: string; most: number }>(
    EXIT.internal,
    ({ what, most }) => `the form in the request's body has more than ${most} ${what}`,
  ),
  ERR_PRONGHORN_REQUEST_GONE: row<{ property: string }>(
    EXIT.internal,
    ({ property }) => `cannot read \`${property}\`: the request was answered`,
  ),
  ERR_PRONGHORN_CLIENT_GONE: row(EXIT.internal, () => 'the client has gone, or broke its request off'),
} as const;
