// The application of the fork benchmark: it loads express, lodash and typescript, as a real one would, and answers 'hi'.
// It runs from a copy in out/bench/app, beside the node_modules that the benchmark installs there.
import express from 'express';
import lodash from 'lodash';
import typescript from 'typescript';

/** What was loaded, so that no import is without a use. */
export const loaded = [express, lodash, typescript].map((library) => typeof library);

export default function hello(request) {
  request.respond({ code: 200, body: 'hi' });
}
