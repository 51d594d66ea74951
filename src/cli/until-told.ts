// Waits until the program is told to stop: Ctrl-C, a signal, or the death of the process that started it.

const PARENT_LOOK_MS = 500;

/**
 * Resolves with the reason. A second Ctrl-C ends the process at once.
 *
 * Under `npm run` and behind the launcher the process that a person sees is another one: when it is killed, this one must not stay
 * behind. A server started directly by a shell or a service manager is left alone when its parent goes.
 */
export function untilTold(env: Readonly<Record<string, string | undefined>>): Promise<string> {
	return new Promise((done) => {
		let isStopping = false;
		const stop = (reason: string): void => {
			if (isStopping) process.exit(130);
			isStopping = true;
			clearInterval(timer);
			done(reason);
		};
		for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(signal));
		const launcher = Number(env['INTERLOCK_PARENT'] ?? 0);
		const parent = process.ppid;
		const watches = launcher > 0 || env['npm_lifecycle_event'] !== undefined;
		const timer = setInterval(() => {
			if (watches && !isStopping && (process.ppid !== parent || (launcher > 0 && !isAlive(launcher))))
				stop('the process that started this one is gone');
		}, PARENT_LOOK_MS);
	});
}

function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		// EPERM: alive and somebody else's.
		return error instanceof Error && 'code' in error && error.code === 'EPERM';
	}
}
