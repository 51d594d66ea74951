// Structured logs: message first, ids as fields, never an alert's text. Secrets are redacted by name as a last fence.
import { pino } from 'pino';

export type Log = {
	info(message: string, fields?: Record<string, unknown>): void;
	warn(message: string, fields?: Record<string, unknown>): void;
	error(message: string, fields?: Record<string, unknown>): void;
};

const SECRET_NAMES = [
	'token',
	'secret',
	'password',
	'authorization',
	'*.token',
	'*.secret',
	'*.password',
	'*.authorization',
];

/** Lines of JSON on standard error: standard output belongs to the commands' data. */
export function createLog(level: string): Log {
	const logger = pino(
		{
			level,
			base: null,
			redact: { paths: SECRET_NAMES, censor: '[secret]' },
			timestamp: () => `,"time":"${new Date().toISOString()}"`,
		},
		pino.destination(2),
	);
	return {
		info: (message, fields = {}) => logger.info(fields, message),
		warn: (message, fields = {}) => logger.warn(fields, message),
		error: (message, fields = {}) => logger.error(fields, message),
	};
}
