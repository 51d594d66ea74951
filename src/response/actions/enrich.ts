// Action `enrich`: what the inventory and our own past incidents say about an asset. Reads only; nothing leaves the program but a message.
import { z } from 'zod';
import type { Asset } from '../../domain/asset.ts';
import { toIso } from '../../domain/time.ts';
import type { ActionInput, InternalAction } from './action.ts';

const PAST_SHOWN = 5;

export const enrich: InternalAction = {
	kind: 'internal',
	name: 'enrich',
	params: z.strictObject({}),
	undo: { none: 'reading changes nothing' },
	run(input) {
		const { step, asset } = input;
		const lines = asset === null ? unlisted(step.target) : known(asset, input);
		const past = input.pastIncidents.slice(0, PAST_SHOWN);
		lines.push(
			past.length === 0
				? 'No earlier incident with it is on record.'
				: `Earlier incidents with it: ${past.map((each) => `INC-${each.number} (${each.state}, ${toIso(each.lastAt).slice(0, 10)})`).join(', ')}.`,
		);
		const text = lines.join('\n');
		return { state: 'done', outcome: text.slice(0, 1_500), notes: [{ key: `note:${step.id}`, channel: '', text }] };
	},
};

function unlisted(target: string | null): string[] {
	return target === null
		? ['The incident names no asset.']
		: [`${target} is not in the inventory: it is judged as a level 1 controller until somebody says what it is.`];
}

function known(asset: Asset, input: ActionInput): string[] {
	const zone = asset.zone === null ? null : input.inventory.zone(asset.zone);
	const ways =
		asset.zone === null
			? []
			: input.inventory
					.conduitsOf(asset.zone)
					.map((conduit) => (conduit.from === asset.zone ? conduit.to : conduit.from));
	const stated = Object.entries(asset.facts).map(([name, value]) => `${name} = ${String(value)}`);
	return [
		`${asset.id}: ${asset.class}, level ${asset.level}, zone ${asset.zone ?? 'not stated'}${zone?.sis === true ? ' (safety zone)' : ''}, site ${asset.site ?? 'not stated'}.`,
		`Names ${asset.hostnames.join(', ') || '-'}; addresses ${asset.ips.join(', ') || '-'}; ${asset.vendor ?? 'vendor not stated'}, ${asset.os ?? 'system not stated'}.`,
		`Criticality ${asset.criticality ?? 'not stated'} of 5; owner ${asset.owner ?? 'not stated'}.`,
		ways.length === 0
			? 'No conduit of its zone is on record.'
			: `From its zone conduits lead to ${[...new Set(ways)].join(', ')}.`,
		...(stated.length === 0 ? [] : [`Stated for the safety table: ${stated.join(', ')}.`]),
	];
}
