// AWS Monitron events of its Kinesis export, versions 1 and 2: what the sensor and its models say of a machine.
import { z } from 'zod';
import type { IntakeContext } from '../../domain/alert.ts';
import type { Severity } from '../../domain/severity.ts';
import { Draft } from '../formats/draft.ts';
import { gather } from '../formats/gather.ts';
import type { JsonObject } from '../formats/json-text.ts';
import { isJsonObject } from '../formats/json-text.ts';
import { readVendor, Text, Word } from '../formats/vendor-record.ts';
import type { Reading } from './source-kind.ts';

const Model = z
	.looseObject({
		isoClass: Text,
		mutedThreshold: Text,
		persistentClassificationOutput: Word,
		pointwiseClassificationOutput: Word,
	})
	.nullish();
const Device = z.looseObject({ physicalId: Text, physicalID: Text, name: Text }).nullish();

/** Version 1 names; version 2 (`eventPayload`) is brought to them. */
const MonitronEvent = z.looseObject({
	timestamp: Text,
	eventId: Text,
	eventType: Text,
	version: Text,
	projectName: Text,
	projectDisplayName: Text,
	siteName: Text,
	siteDisplayName: Text,
	assetName: Text,
	assetDisplayName: Text,
	positionName: Text,
	sensorPositionDisplayName: Text,
	assetPositionURL: Text,
	companyName: Text,
	sensor: Device,
	gateway: Device,
	gatewayName: Text,
	models: z.looseObject({ temperatureML: Model, vibrationISO: Model, vibrationML: Model }).nullish(),
	assetState: z.looseObject({ newState: Word, previousState: Word, closureCode: z.unknown().optional() }).nullish(),
	assetTransitionType: Text,
});
type MonitronEvent = z.infer<typeof MonitronEvent>;

export function isMonitron(record: JsonObject): boolean {
	return ['assetState', 'models', 'sensorPositionDisplayName', 'eventPayload'].some((key) => record[key] !== undefined);
}

/**
 * Monitron user guide, asset and position states: HEALTHY, WARNING, ALARM, and NEEDS_MAINTENANCE once people have acknowledged one.
 * The state of the asset counts; an event without one is judged by the worst persistent state of the models.
 */
export function readMonitron(whole: JsonObject, context: IntakeContext): Reading {
	const payload = whole['eventPayload'];
	const reading = readVendor(MonitronEvent, isJsonObject(payload) ? { ...whole, ...payload } : whole);
	if (!reading.ok) return { kind: 'unparsed', problems: reading.problems };
	const said = reading.value;
	const draft = new Draft(context);
	const asset = said.assetDisplayName ?? said.assetName;
	const position = said.sensorPositionDisplayName ?? said.positionName;
	const site = said.siteDisplayName ?? said.siteName;
	const project = said.projectDisplayName ?? said.projectName;
	draft.entity('asset_id', asset, 'target');
	draft.entity('tag', position, 'target');
	draft.entity('zone', site, 'target');
	draft.entity('asset_id', said.sensor?.physicalId ?? said.sensor?.physicalID, 'observer');
	draft.entity('asset_id', said.gateway?.physicalId ?? said.gateway?.physicalID, 'observer');
	draft.url(said.assetPositionURL, 'related');
	gather(draft, whole);
	addLabels(draft, said, project, measured(whole));
	const state = stateOf(said);
	const isTalk = state === null && /^(?:gateway|sensor)/i.test(said.eventType ?? '');
	const alert = draft.finish({
		externalId: said.eventId,
		identity: [project, site, asset, isTalk ? (said.gatewayName ?? said.eventType) : position],
		status: /^(?:HEALTHY|WORKING)$/i.test(state ?? '') ? 'closed' : 'open',
		title: [[asset, position].filter((part) => part !== null).join(' '), state ?? said.eventType ?? 'measurement']
			.filter((part) => part !== '')
			.join(': '),
		description: null,
		severity: severityOf(state),
		severityRaw: state,
		kind: isTalk ? 'availability' : 'maintenance',
		domain: 'ot',
		occurredAt: draft.time('timestamp', said.timestamp),
	});
	return { kind: 'alert', alert, problems: [...reading.problems, ...draft.problems] };
}

const RANK = ['UNKNOWN', 'HEALTHY', 'WORKING', 'NEEDS_MAINTENANCE', 'WARNING', 'ALARM'];

function stateOf(said: MonitronEvent): string | null {
	const stated = said.assetState?.newState ?? null;
	if (stated !== null) return stated;
	const states = [said.models?.temperatureML, said.models?.vibrationISO, said.models?.vibrationML]
		.map((model) => model?.persistentClassificationOutput ?? null)
		.filter((state) => state !== null);
	return states.toSorted((a, b) => RANK.indexOf(b.toUpperCase()) - RANK.indexOf(a.toUpperCase()))[0] ?? null;
}

function severityOf(state: string | null): Severity | null {
	switch (state?.toUpperCase()) {
		case 'ALARM':
			return 'high';
		case 'WARNING':
		case 'NEEDS_MAINTENANCE':
			return 'medium';
		case 'HEALTHY':
		case 'WORKING':
			return 'informational';
		default:
			return null;
	}
}

function measured(whole: JsonObject): number | string | null {
	const payload = isJsonObject(whole['eventPayload']) ? whole['eventPayload'] : whole;
	const measurement = payload['measurement'];
	const features = isJsonObject(measurement) ? measurement['features'] : payload['features'];
	const temperature = isJsonObject(features) ? features['temperature'] : null;
	return typeof temperature === 'number' || typeof temperature === 'string' ? temperature : null;
}

function addLabels(
	draft: Draft,
	said: MonitronEvent,
	project: string | null,
	temperature: number | string | null,
): void {
	const { models } = said;
	draft.labelsFrom({
		vendor: 'AWS',
		product: 'Monitron',
		event_type: said.eventType,
		project,
		company: said.companyName,
		previous_state: said.assetState?.previousState,
		temperature_ml: models?.temperatureML?.persistentClassificationOutput,
		vibration_iso: models?.vibrationISO?.persistentClassificationOutput,
		vibration_iso_now: models?.vibrationISO?.pointwiseClassificationOutput,
		vibration_ml: models?.vibrationML?.persistentClassificationOutput,
		vibration_ml_now: models?.vibrationML?.pointwiseClassificationOutput,
		iso_class: models?.vibrationISO?.isoClass,
		muted_threshold: models?.vibrationISO?.mutedThreshold,
		temperature,
	});
}
