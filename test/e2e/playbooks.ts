// A site's own playbook and the alert that calls for it: one step that one person of IT decides, with nothing left to find out.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { edr } from '../../src/demo/scenario/bodies.ts';

const CONTAIN_SERVER = `id: contain-server
title: Contain a business server
version: 1.0.0
lead: it_lead
summary: Take the server off the network once somebody of IT has said so.
must_not: [Do not switch it off.]
triggers:
  - { categories: [malware], asset_classes: [server] }
steps:
  - key: isolate-server
    title: Isolate the file server
    action: isolate_host
    target: assets.class:server
    params: { comment: 'Interlock {incident}' }
    expires_in: 15m
`;

export function writePlaybook(configFolder: string, name: string, text: string): void {
	mkdirSync(join(configFolder, 'playbooks'), { recursive: true });
	writeFileSync(join(configFolder, 'playbooks', `${name}.yaml`), text);
}

/** Row H02 with its dependency check answered in the inventory: ONE, of IT. */
export function withServerPlaybook(configFolder: string): void {
	writePlaybook(configFolder, 'contain-server', CONTAIN_SERVER);
	const file = join(configFolder, 'inventory.yaml');
	const text = readFileSync(file, 'utf8');
	writeFileSync(file, text.replace(/(id: files-01,)/, '$1\n      action_cuts_own_path: false,'));
}

/** Malware on the file server, or on another host. */
export function serverAlert(at: number, title = 'Malware was detected on a server', host = 'FILES-01') {
	return edr({
		id: `6377000000000000${at % 1000}_1`,
		title,
		description: 'A process started from a share contacts a command-and-control server.',
		severity: 'High',
		category: 'Malware',
		host,
		user: 'svc-files',
		techniques: ['T1059.001', 'T1071.001'],
		at,
	});
}
