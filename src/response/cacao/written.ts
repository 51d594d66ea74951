// A parsed playbook as it would be written in a file: durations are texts again, nothing else changes. Pure. Reading it gives the same
// playbook, and so the same hash.
import { Playbook, playbookVersion } from '../../domain/playbook.ts';
import { isJsonObject, type Json, type JsonObject } from './strict-json.ts';

/** Members that hold milliseconds once they are parsed. */
const DURATIONS = ['expires_in', 'containment_for', 'for'];
/** Members whose own members are somebody's names and values. */
const OPEN = ['params', 'with', 'inputs', 'answer', 'cacao'];

/**
 * The form in which a playbook is written.
 *
 * @throws Error where a playbook does not come back from it the same: then there is a member that this file does not know
 */
export function writtenOf(playbook: Playbook): JsonObject {
	const written = bare(playbook, '');
	if (!isJsonObject(written)) throw new Error('a playbook is an object');
	const again = Playbook.safeParse(written);
	if (!again.success || playbookVersion(again.data) !== playbookVersion(playbook))
		throw new Error(`the playbook ${playbook.id} does not come back the same from its written form`);
	return written;
}

function bare(value: unknown, name: string): Json {
	if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
	if (typeof value === 'number') return DURATIONS.includes(name) ? durationText(value) : value;
	if (Array.isArray(value)) return value.map((item: unknown) => bare(item, ''));
	if (typeof value !== 'object') throw new Error(`a playbook holds no ${typeof value}`);
	const members = Object.entries(value).filter(([, member]) => member !== undefined);
	const isOpen = OPEN.includes(name);
	return Object.fromEntries(members.map(([key, member]) => [key, bare(member, isOpen ? '' : key)]));
}

const UNITS = [
	['d', 86_400_000],
	['h', 3_600_000],
	['m', 60_000],
	['s', 1_000],
] as const;

/** `90s`, `15m`, `8h`, `2d`: the largest unit that fits without a rest. */
export function durationText(ms: number): string {
	for (const [unit, length] of UNITS) if (ms % length === 0) return `${ms / length}${unit}`;
	throw new Error(`${ms} ms are no whole seconds`);
}
