// What keeps even the command's own modules from loading, an addon that does not fit above all, is told as every error is: in
// one line. Runs in the command; imported before everything else.
import { reportError } from './report.js';

process.on('uncaughtException', (error) => process.exit(reportError(error)));
