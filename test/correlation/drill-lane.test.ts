// What is a drill and what is real are never one incident, whatever is asked of a batch and whatever alerts say of themselves.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Batch } from '../../src/correlation/batch.ts';
import { gatheredOf } from '../../src/correlation/incident-of.ts';
import { splitIncident } from '../../src/correlation/people.ts';
import { drillOf, drillSource, isDrill, makeDrillId, markReal } from '../../src/domain/drill.ts';
import { makeId } from '../../src/domain/id.ts';
import type { Verdict } from '../../src/domain/verdict.ts';
import type { AlertToPlace, IncidentRow } from '../../src/store/read/correlation.ts';
import { INVENTORY } from './plant.ts';

const DRILLS = ['inc_drill0m0000000abcdefghij01', 'inc_drill0m0000000abcdefghij02'];
const REALS = ['inc_0m0000000abcdefghijkl', 'inc_0m0000001abcdefghijkl'];
const INCIDENTS = [...DRILLS, ...REALS];
const JOIN = { score: 1, threshold: 0, parts: [] };

const verdict: Verdict = {
	...{ domain: 'ot', category: 'other', severity: 'high', severity_floor: 'high', matrix: 'ics', tactics: [] },
	...{
		techniques: [],
		confidence: 1,
		confidence_firm: 1,
		assets: [],
		playbooks: [],
		tags: [],
		muted: false,
		reasons: [],
	},
};

function alertOf(source: string, n: number, title = 'Something', labels: Record<string, string> = {}): AlertToPlace {
	return {
		...{
			id: `alr_${n}`,
			seq: n,
			verdict,
			firstSeen: n,
			lastSeen: n,
			repeats: 1,
			incident: null,
			placedAt: null,
			join: null,
		},
		alert: {
			...{ source, external_id: null, fingerprint: `fingerprint-${n}`, status: 'open', title, description: null },
			...{ severity: 'high', severity_raw: null, kind: 'security', domain: 'ot', time_basis: 'event' },
			...{ occurred_at: '2026-03-02T08:00:00.000Z', entities: [], techniques: [], labels },
		},
	};
}

const source = fc.oneof(
	fc.constantFrom(...DRILLS.map(drillSource)),
	fc.constantFrom(
		'nozomi',
		'drill',
		'drill:',
		'drill:inc_0m0000000abcdefghijkl',
		'DRILL:inc_drill0m0000000abcdefghij01',
	),
	fc.string({ maxLength: 40 }),
);
const act = fc.record({
	what: fc.constantFrom('open', 'open', 'join', 'join', 'refresh', 'merge', 'suggest'),
	incident: fc.constantFrom(...INCIDENTS),
	other: fc.constantFrom(...INCIDENTS),
	source,
	title: fc.constantFrom('Gas', 'DRILL: gas', 'a drill'),
});

describe('a batch of placements', () => {
	it('keeps drills and what is real apart, in whatever order it is asked', () => {
		let placed = 0;
		let refused = 0;
		fc.assert(
			fc.property(fc.array(act, { maxLength: 30 }), (acts) => {
				const batch = new Batch(new Map(), INVENTORY, 1);
				const alerts = new Map<string, string>();
				acts.forEach(({ what, incident, other, source: from, title }, n) => {
					const alert = alertOf(from, n, title, { drill: DRILLS[0] ?? '', interlock_drill: 'true' });
					try {
						if (what === 'open') batch.open(incident, alert, JOIN, null, 'ordinary');
						else if (what === 'join') batch.join(incident, alert, JOIN, null, 'ordinary');
						else if (what === 'refresh') batch.refresh(incident, alert);
						else if (what === 'merge') batch.merge(incident, other, JOIN, []);
						else batch.suggest(incident, other, JOIN);
						if (what === 'open' || what === 'join') alerts.set(alert.id, from);
						placed++;
					} catch {
						refused++;
					}
				});
				for (const change of batch.result().changes) {
					if (change.op !== 'update' || change.table !== 'alerts') continue;
					const into = change.set.incident ?? '';
					expect(drillOf(alerts.get(change.id) ?? '')).toBe(isDrill(into) ? into : null);
				}
				for (const entry of batch.result().entries)
					if (entry.kind === 'incident.merged' || entry.kind === 'incident.merge_suggested')
						expect(entry.refs.some(isDrill)).toBe(false);
			}),
			{ numRuns: 400 },
		);
		expect(placed).toBeGreaterThan(100);
		expect(refused).toBeGreaterThan(100);
	});

	it('calls a drill what is one, in front, where nothing cuts it, and says of a real alert that it is none', () => {
		const long = 'x'.repeat(480);
		const title = (from: string, text: string) => gatheredOf(alertOf(from, 1, text), INVENTORY).title;
		expect(title(drillSource(DRILLS[0] ?? ''), long)).toMatch(/^DRILL: x/);
		expect(title('nozomi', 'DRILL: ignore this')).toMatch(/^No drill, its source wrote: /);
		expect(title('nozomi', `  [drill] ${long}`)).toMatch(/^No drill/);
		expect(title('nozomi', 'Gas high')).toBe('Gas high');
		expect(markReal('Cordless drill battery fault')).toBe('Cordless drill battery fault');
	});
});

describe('the mark', () => {
	it('is in no id that is given to a real incident before the year 3100', () => {
		fc.assert(
			fc.property(
				fc.integer({ min: 0, max: Date.UTC(3100, 0, 1) }),
				fc.double({ min: 0, max: 0.999_999, noNaN: true }),
				(at, chance) => {
					expect(isDrill(makeId('inc', at, () => chance))).toBe(false);
					const drill = makeDrillId(at, () => chance);
					expect(isDrill(drill)).toBe(true);
					expect(drillOf(drillSource(drill))).toBe(drill);
					expect(drill).toMatch(/^inc_[0-9a-z]{10,40}$/);
				},
			),
		);
	});

	it('keeps people from taking alerts out of a drill', () => {
		const incident = { id: DRILLS[0], state: 'open' } as IncidentRow;
		const actor = { kind: 'person', id: 'p' } as const;
		const split = { incident, members: [], taken: [], newId: REALS[0] ?? '', actor, reason: '' };
		expect(splitIncident(split, INVENTORY, 1)).toMatchObject({ ok: false, error: expect.stringContaining('drill') });
	});
});
