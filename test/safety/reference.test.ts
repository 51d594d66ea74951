// The matrix against the reference table, cell by cell: an independent reading of the table's own words for where a row applies.
// Looser than the row is a defect: a row that lets something run where the reference does not put it.
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ASSET_CLASSES, type AssetClass, type Level } from '../../src/domain/asset.ts';
import { DECISION_CLASSES } from '../../src/domain/decision.ts';
import { ACTIONS } from '../../src/safety/actions.ts';
import { decide } from '../../src/safety/decide.ts';
import { type MatrixEntry, policyMatrix } from '../../src/safety/matrix.ts';
import { ROWS } from '../../src/safety/table.ts';
import { asset, bestReadings, facts, NOW, step, withFact } from './plant.ts';

const FILE = new URL('reference-table.md', import.meta.url);
const ORIGINAL = new URL('../../../shared/reference/ot-safety.md', import.meta.url);
const LADDER: readonly Level[] = ['0', '1', '2', '3', '3.5', '4', '5'];
const CONTROLLERS: readonly AssetClass[] = ['dcs', 'plc', 'rtu', 'ied', 'io', 'bms_controller', 'unknown'];
const SIS: readonly AssetClass[] = ['sis', 'sis_workstation'];
const SERVERS: readonly AssetClass[] = [
	'server',
	'domain_controller',
	'database',
	'erp',
	'crm',
	'cloud',
	'jump_host',
	'dmz_server',
	'historian',
	'scada_server',
	'opc_server',
	'bms_server',
];
const IT: readonly AssetClass[] = [
	'endpoint',
	'server',
	'domain_controller',
	'database',
	'erp',
	'crm',
	'cloud',
	'network',
	'vpn_gateway',
	'jump_host',
	'dmz_server',
	'scanner',
];

/** The levels that the words of the cell name. `L3.5+`, `L2-L4`, `L3/L2`, `L3 and L3.5`; IT is 4 and 5; without a level, all. */
function levelsOf(cell: string): readonly Level[] {
	if (/^IT$/.test(cell)) return ['4', '5'];
	if (/any OT/.test(cell)) return ['0', '1', '2', '3', '3.5'];
	const named = [...cell.matchAll(/L(\d(?:\.5)?)/g)].map((match) => match[1] as Level);
	const [first, second] = named;
	if (first === undefined) return LADDER;
	if (/\+|and up/.test(cell)) return LADDER.slice(LADDER.indexOf(first));
	if (second !== undefined && /L\d(\.5)?-L\d/.test(cell))
		return LADDER.slice(LADDER.indexOf(first), LADDER.indexOf(second) + 1);
	return named;
}

/** The classes that the row's words narrow it to; null where they name none. */
function classesOf(title: string, cell: string): readonly AssetClass[] | null {
	const words = `${title} | ${cell}`;
	const rules: readonly (readonly [RegExp, readonly AssetClass[]])[] = [
		[/isolate SIS engineering workstation/, ['sis_workstation']],
		[/isolate engineering workstation/, ['engineering_workstation']],
		[/IT endpoint/, ['endpoint']],
		[/isolate IT server/, ['server', 'domain_controller', 'database', 'erp', 'crm', 'cloud']],
		[/jump host \/ remote gateway/, ['jump_host', 'vpn_gateway']],
		[/historian or SCADA database/, ['historian', 'scada_server', 'database']],
		[/SIS status/, ['historian', ...SIS]],
		[/(query|isolate) historian/, ['historian']],
		[/isolate HMI|only HMI/, ['hmi']],
		[/SCADA\/DCS\/control\/alarm server/, ['scada_server', 'dcs', 'bms_server']],
		[/data gateway, OPC/, ['opc_server']],
		[/SPAN\/mirror session/, ['network', 'scanner']],
		[/backup\/version server|backup server$/, ['server', 'database', 'dmz_server']],
		[/L3 servers, EWS/, ['engineering_workstation', ...SERVERS]],
		[/Windows\/Linux servers/, SERVERS],
		[/\| (L4|L4-L5|IT|L4, not used by OT)$/, IT],
	];
	return rules.find(([pattern]) => pattern.test(words))?.[1] ?? null;
}

type Reference = { readonly id: string; readonly title: string; readonly cell: string; readonly says: string };

const read = (text: string): Reference[] =>
	text.split('\n').flatMap((line) => {
		const [, id = '', title = '', cell = '', says = '', condition = ''] = line.split('|').map((one) => one.trim());
		return /^[RSNAHC]\d\d[bc]?$/.test(id) ? [{ id, title, cell, says: `${says} ${condition}` }] : [];
	});
const REFERENCE: readonly Reference[] = read(readFileSync(FILE, 'utf8'));

const entriesOf = (id: string): MatrixEntry[] => policyMatrix().filter((entry) => entry.row === id);
const mayRun = (entry: MatrixEntry): boolean => ['AUTO', 'ONE', 'TWO'].includes(entry.class ?? '');
const isTouchFree = (entry: MatrixEntry): boolean => ['inform', 'record', 'observe'].includes(entry.effect);

/**
 * Where the matrix says more than the cell, each with its reason: OT sensor consoles stand at levels 2 and 3 (R05); an account
 * at level 4 or 5 that OT uses flips from A01 to A02 (section 7), which is stricter there.
 */
const BEYOND: Readonly<Record<string, { readonly levels: readonly Level[]; readonly classes: readonly AssetClass[] }>> =
	{
		R05: { levels: ['2', '3'], classes: ['scanner'] },
		A02: { levels: ['4', '5'], classes: IT },
	};

/** Rows whose cell says more than its levels: controllers wherever they stand (S04), `L3 or below, or unknown` (N15). */
const STRICT_ELSEWHERE: readonly string[] = ['S04', 'N15'];

describe('the matrix and the reference, cell by cell', () => {
	test('the reference is read whole', () => expect(REFERENCE.length).toBe(88));

	test.skipIf(!existsSync(ORIGINAL))('the copy here says what the original says', () =>
		expect(REFERENCE).toEqual(read(readFileSync(ORIGINAL, 'utf8'))),
	);

	test.each(REFERENCE.map((row) => [row.id, row] as const))('%s is marked W as the reference marks it', (id, row) => {
		const isMarked = /\bW\b/.test(row.says);
		const rows = ROWS.filter((one) => one.id === id);
		expect(rows.map((one) => one.window)).toEqual(rows.map(() => isMarked));
		if (!isMarked) return;
		const [where] = rows[0]!.where;
		const target = asset(where!.classes[0]!, where!.levels[0]!);
		const readings = withFact(withFact(bestReadings(), 'permit_open', false), 'window_open', false);
		const waits = decide(step(rows[0]!.actions[0]!), facts(target, { readings }), NOW).holds;
		expect(waits.filter((hold) => hold.rule === 'G5')).toHaveLength(2);
	});

	test.each(REFERENCE.map((row) => [row.id, row] as const))(
		'%s lets run only where the reference puts it',
		(id, row) => {
			const levels = levelsOf(row.cell);
			const classes = classesOf(row.title, row.cell);
			const running = entriesOf(id).filter(mayRun);
			// And wherever the reference puts it: a row that misses a level is a hole that nobody sees.
			if (running.length > 0 && !/^(any|offline|SIS|process)/.test(row.cell))
				expect(running.flatMap((entry) => entry.levels)).toEqual(expect.arrayContaining([...levels]));
			// For hands or never: exactly there, so that the matrix prints no other place than the reference.
			const strict = entriesOf(id).filter((entry) => !mayRun(entry) && !entry.condition.includes('unless shown'));
			if (!STRICT_ELSEWHERE.includes(id) && /L\d/.test(row.cell))
				expect(strict.flatMap((entry) => entry.levels.filter((level) => !levels.includes(level)))).toEqual([]);
			for (const entry of running) {
				const beyond = BEYOND[id];
				const isBeyond = beyond !== undefined && entry.levels.every((level) => beyond.levels.includes(level));
				const allowed = isBeyond ? beyond.levels : levels;
				// A row for anything includes what nobody knows: telling reaches everything.
				const known = entry.levels.filter((level) => level !== 'unknown' || row.cell !== 'any');
				expect(
					row.cell === 'any' || row.cell === 'offline' ? [] : known.filter((level) => !allowed.includes(level)),
				).toEqual([]);
				const named = isBeyond ? beyond.classes : classes;
				if (named !== null) expect(entry.asset_classes.filter((one) => !named.includes(one))).toEqual([]);
				// Whatever a cell names: nothing that touches a controller or a safety system runs.
				const isAboutAssets = entry.actions.some((action) => ACTIONS[action].target !== 'none');
				if (!isTouchFree(entry) && isAboutAssets)
					expect(entry.asset_classes.filter((one) => CONTROLLERS.includes(one) || SIS.includes(one))).toEqual([]);
				if (!isTouchFree(entry) && isAboutAssets)
					expect(entry.levels.filter((one) => ['0', '1', 'unknown'].includes(one))).toEqual([]);
			}
		},
	);

	test.each(REFERENCE.map((row) => [row.id, row] as const))(
		'%s: the gate is nowhere in its cell looser than the row',
		(id, row) => {
			const ranks = entriesOf(id).flatMap((entry) =>
				entry.class === null ? [] : [DECISION_CLASSES.indexOf(entry.class)],
			);
			const loosest = Math.min(...ranks);
			const strictest = Math.max(...ranks);
			const actions = new Set(entriesOf(id).flatMap((entry) => entry.actions));
			const isSis = /SIS/.test(row.cell) && !/process/.test(row.cell);
			const isController = /^PLC, RTU|controllers, RTU/.test(row.cell);
			const classes = isSis ? SIS : isController ? CONTROLLERS : (classesOf(row.title, row.cell) ?? ASSET_CLASSES);
			const readings = bestReadings();
			for (const action of actions) {
				if (action === 'read_sis_copy') continue;
				for (const one of classes) {
					for (const level of levelsOf(row.cell)) {
						const decision = decide(step(action), facts(asset(one, level), { readings }), NOW);
						const rank = DECISION_CLASSES.indexOf(decision.class);
						if (rank < loosest)
							expect.fail(
								`${id} says ${DECISION_CLASSES[loosest]}; ${action} on ${one} at ${level}: ${decision.class}`,
							);
						// Where nothing is known the row's own worst case stands.
						const blind = decide(step(action), facts(asset(one, level), { readings: [], confidence_firm: 0 }), NOW);
						if (DECISION_CLASSES.indexOf(blind.class) < strictest)
							expect.fail(
								`${id} says ${DECISION_CLASSES[strictest]} in doubt; ${action} on ${one} at ${level}: ${blind.class}`,
							);
						const isNamed = entriesOf(id).some(
							(entry) => entry.asset_classes.includes(one) && entry.actions.some((known) => known === action),
						);
						if (isNamed && /L\d/.test(row.cell) && ![...decision.rows, ...blind.rows].some((say) => say.row === id))
							expect.fail(`${id} is silent about ${action} on ${one} at ${level}`);
					}
				}
			}
		},
	);
});
