// Vibration measurements that state the evaluation zone of the machine (ISO 20816-1, clause 6: zones A to D).
import { z } from 'zod';
import type { IntakeContext } from '../../domain/alert.ts';
import type { Severity } from '../../domain/severity.ts';
import { Draft } from '../formats/draft.ts';
import { gather } from '../formats/gather.ts';
import type { JsonObject } from '../formats/json-text.ts';
import { readVendor, Text, Word } from '../formats/vendor-record.ts';
import type { Reading } from './source-kind.ts';

const Measurement = z.looseObject({
	zone: Word,
	iso_zone: Word,
	isoZone: Word,
	severity_zone: Word,
	asset: Text,
	assetId: Text,
	asset_id: Text,
	machine: Text,
	equipment: Text,
	point: Text,
	position: Text,
	sensor: Text,
	sensorId: Text,
	velocity_rms: Text,
	velocityRms: Text,
	value: Text,
	unit: Text,
	timestamp: Text,
	time: Text,
	message: Text,
});

const ZONES: Readonly<Record<string, Severity>> = { A: 'informational', B: 'low', C: 'medium', D: 'critical' };

export function isVibration(record: JsonObject): boolean {
	return ['zone', 'iso_zone', 'isoZone', 'severity_zone'].some((key) =>
		/^(?:zone[ _-]?)?[A-D]$/i.test(String(record[key] ?? '')),
	);
}

/** A is as new, B fit for long running, C not for continuous running, D likely to do damage. A and B are no alarm: they end one. */
export function readVibration(record: JsonObject, context: IntakeContext): Reading {
	const reading = readVendor(Measurement, record);
	if (!reading.ok) return { kind: 'unparsed', problems: reading.problems };
	const said = reading.value;
	const raw = said.zone ?? said.iso_zone ?? said.isoZone ?? said.severity_zone ?? '';
	const zone = raw.slice(-1).toUpperCase();
	const asset = said.asset ?? said.assetId ?? said.asset_id ?? said.machine ?? said.equipment;
	const point = said.point ?? said.position ?? said.sensor ?? said.sensorId;
	const value = said.velocity_rms ?? said.velocityRms ?? said.value;
	const draft = new Draft(context);
	draft.entity('asset_id', asset, 'target');
	draft.entity('tag', point, 'target');
	draft.entity('asset_id', said.sensorId, 'observer');
	gather(draft, record);
	draft.labelsFrom({ product: 'vibration', zone, velocity_rms: value, unit: said.unit });
	const alert = draft.finish({
		externalId: null,
		identity: ['vibration', asset, point],
		status: zone === 'A' || zone === 'B' ? 'closed' : 'open',
		title: `${[asset, point].filter((part) => part !== null).join(' ') || 'Machine'}: vibration in zone ${zone}`,
		description: said.message,
		severity: ZONES[zone] ?? null,
		severityRaw: raw,
		kind: 'maintenance',
		domain: 'ot',
		occurredAt: draft.time('timestamp', said.timestamp) ?? draft.time('time', said.time),
	});
	return { kind: 'alert', alert, problems: [...reading.problems, ...draft.problems] };
}
