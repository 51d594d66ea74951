// Keeps processes of mutant-worker.ts at work: one lie each at a time. One that does not answer in time is ended, and counts as noticed (a
// lie may make a loop endless); after some lies a process is replaced, because modules that were loaded are never let go.
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { Ask, Told } from './mutant-worker.ts';

const LIES_PER_PROCESS = 60;

export class MutantPool {
	private readonly folder: string;
	private readonly patienceMs: number;
	private readonly free: { readonly child: ChildProcess; readonly worked: number }[] = [];
	private next = 1;

	constructor(folder: string, patienceMs: number) {
		this.folder = folder;
		this.patienceMs = patienceMs;
	}

	/** The test that notices the lie; null where none does. Without a text nothing is changed. */
	async judge(
		file: string,
		text: string | null,
		names: readonly string[],
		hint: string | null = null,
	): Promise<string | null> {
		const { child, worked } = this.free.pop() ?? (await this.start());
		const ask: Ask = { id: this.next++, file, text, names, hint };
		const told = await new Promise<Told | 'late' | 'died'>((done) => {
			const late = setTimeout(() => done('late'), this.patienceMs);
			const answered = (message: Told): void => settle(message);
			const died = (): void => settle('died');
			const settle = (what: Told | 'died'): void => {
				clearTimeout(late);
				child.off('message', answered).off('exit', died);
				done(what);
			};
			child.on('message', answered).on('exit', died);
			child.send(ask);
		});
		if (typeof told === 'string') {
			child.removeAllListeners();
			child.kill('SIGKILL');
			return told === 'late' ? 'no answer in time' : 'the process died';
		}
		if (worked + 1 < LIES_PER_PROCESS) this.free.push({ child, worked: worked + 1 });
		else child.kill();
		return told.by;
	}

	private start(): Promise<{ child: ChildProcess; worked: number }> {
		return new Promise((ready, failed) => {
			const child = fork(join(this.folder, 'test/long/mutant-worker.ts'), [this.folder], {
				cwd: this.folder,
				execArgv: ['--disable-warning=ExperimentalWarning'],
				stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
			});
			child.once('message', () => ready({ child, worked: 0 }));
			child.once('exit', (code) => failed(new Error(`a process that judges lies ended with ${code} at its start`)));
		});
	}

	close(): void {
		for (const { child } of this.free) child.kill();
	}
}
