// Waits until the program is told to stop: Ctrl-C, a signal, or the death of the process that started it.
import { readFileSync } from 'node:fs';

const PARENT_LOOK_MS = 500;

/** Read when the program begins: who starts us may be gone before the database is up. */
const BEGUN = watchedParents(process.env);

/**
 * Resolves with the reason. A second Ctrl-C ends the process at once.
 *
 * Under `npm run` and behind the launcher the process that a person sees is another one: when it is killed, this one must not stay
 * behind. A server started directly by a shell or a service manager is left alone when its parent goes.
 */
export function untilTold(): Promise<string> {
	return new Promise((done) => {
		let isStopping = false;
		const stop = (reason: string): void => {
			if (isStopping) process.exit(130);
			isStopping = true;
			clearInterval(timer);
			done(reason);
		};
		for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(signal));
		const timer = setInterval(() => {
			if (!isStopping && BEGUN.some(({ pid, parent }) => parentOf(pid) !== parent))
				stop('the process that started this one is gone');
		}, PARENT_LOOK_MS);
		// A start that fails ends the program: looking at parents must not keep it.
		timer.unref();
	});
}

type Watched = { readonly pid: number; readonly parent: number | null };

/**
 * Processes from this one up to npm, each with its parent: an orphan gets another one.
 *
 *     npm  ->  sh -c "node bin/interlock.mjs"  ->  [launcher]  ->  this
 *
 * The shell between is no shell of a person: it stays when npm is killed, and would keep us.
 */
function watchedParents(env: NodeJS.ProcessEnv): Watched[] {
	const launcher = Number(env['INTERLOCK_PARENT'] ?? 0);
	const watched: Watched[] = launcher > 0 ? [{ pid: process.pid, parent: launcher }] : [];
	if (env['npm_lifecycle_event'] === undefined) return watched;
	const first = launcher > 0 ? launcher : process.pid;
	const parent = parentOf(first);
	watched.push({ pid: first, parent });
	if (parent !== null && isScriptShell(parent)) watched.push({ pid: parent, parent: parentOf(parent) });
	return watched;
}

/** Null where it is gone, or where the system has no /proc and it is not our own. */
function parentOf(pid: number): number | null {
	if (pid === process.pid) return process.ppid;
	// `pid (name) state ppid ...`: a name may hold anything, also brackets.
	const [, ppid] = procFile(pid, 'stat').split(') ').at(-1)?.split(' ') ?? [];
	return ppid === undefined ? null : Number(ppid);
}

function isScriptShell(pid: number): boolean {
	return procFile(pid, 'cmdline').split('\0')[1] === '-c';
}

function procFile(pid: number, name: string): string {
	try {
		return readFileSync(`/proc/${pid}/${name}`, 'utf8');
	} catch {
		// Gone, or no /proc here.
		return '';
	}
}
