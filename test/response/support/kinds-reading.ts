// The kinds that read what is stored, and the one that has an installed sensor record, each with its stand-in and one step.

import { API_KEY, startLogStore } from '../vendors/elasticsearch.ts';
import { ACCOUNT, NDR_TOKEN, startFortiNdr } from '../vendors/fortindr-cloud.ts';
import { GITLAB_TOKEN, PROJECT, startGitLab } from '../vendors/gitlab.ts';
import { PI_PASSWORD, PI_USER, startPi } from '../vendors/pi-web-api.ts';
import type { VendorServer } from '../vendors/server.ts';
import { type KindTask, type KindWorld, overHttp } from './kind-world.ts';
import type { StartKind } from './kinds-acting.ts';

const COMMON = { name: 'it', allow_private: true, timeout_ms: 500 };
const HOUR = 3_600_000;
const FLOW = '\\\\PISRV\\FIC101.PV';

/** Reading changes nothing: whatever is no GET or HEAD counts as an effect. */
const reading = (server: VendorServer, of: Pick<KindWorld, 'config' | 'secret' | 'task'>): KindWorld => ({
	...overHttp(server, ({ method }) => method !== 'GET' && method !== 'HEAD'),
	...of,
	effects: () => server.requests.filter(({ method }) => method !== 'GET' && method !== 'HEAD').length,
	isSo: () => true,
	...{ isWriting: false, urls: ['base_url'] },
});

const PLANT_FACTS: KindTask['facts'] = ['dmz', 'cell-1'].flatMap((zone): KindTask['facts'] => [
	['zone_state', zone, 'normal'],
	['zone_safety_alarm_active', zone, false],
]);
const task = (action: string, asset: string, params: object): KindTask => ({
	...{ action, asset, target: 'primary', params: { ...params } },
	facts: [...PLANT_FACTS, ['saved_query_approved', 'step', true], ['capture_device_installed', asset, true]],
});

export const READING: Readonly<Record<string, StartKind>> = {
	'pi-web-api': async (now) => {
		const at = now();
		const server = await startPi([{ path: FLOW, unit: 'm3/h', values: [{ at: at - HOUR / 2, value: 14 }] }], at);
		return reading(server, {
			config: {
				...{ ...COMMON, kind: 'pi-web-api', asset: 'hist-1', base_url: `${server.url}/piwebapi` },
				...{ auth: { type: 'basic', user: PI_USER, secret_env: 'X' }, tags: { 'plc-1': [{ path: FLOW }] } },
			},
			...{
				secret: PI_PASSWORD,
				task: task('query_historian', 'hist-1', { about: 'plc-1', around: new Date(at - 60_000).toISOString() }),
			},
		});
	},
	gitlab: async (now) => {
		const at = now();
		const server = await startGitLab(at);
		server.store('mixing/plc-1.L5X', 'rung 1\n', at - 48 * HOUR);
		return reading(server, {
			config: {
				...{ ...COMMON, kind: 'gitlab', asset: 'ver-1', base_url: server.url, timeout_ms: 2_000 },
				auth: { type: 'token', secret_env: 'X' },
				programs: { 'plc-1': [{ project: PROJECT, path: 'mixing/plc-1.L5X' }] },
			},
			...{
				secret: GITLAB_TOKEN,
				task: task('read_backup', 'ver-1', { about: 'plc-1', around: new Date(at - 60_000).toISOString() }),
			},
		});
	},
	elasticsearch: async (now) => {
		const at = now();
		const flow = { source: { ip: '10.2.0.3' }, destination: { ip: '10.3.0.7' } };
		const server = await startLogStore([{ index: 'fw-1', at: at - 120_000, source: flow }], at);
		return reading(server, {
			config: {
				...{ ...COMMON, kind: 'elasticsearch', asset: 'siem-1', base_url: server.url },
				auth: { type: 'api_key', secret_env: 'X' },
				searches: [
					{ words: 'Firewall', index: 'fw-*', q: 'source.ip:{ip} OR destination.ip:{ip}', fields: ['source.ip'] },
				],
			},
			...{
				secret: API_KEY,
				task: task('query_logs', 'siem-1', { about: 'hmi-1', around: new Date(at - 60_000).toISOString() }),
			},
		});
	},
	'fortindr-cloud': async () => {
		const server = await startFortiNdr();
		return {
			...overHttp(server, ({ method }) => method === 'POST'),
			config: {
				...{ ...COMMON, kind: 'fortindr-cloud', base_url: server.url, auth: { type: 'token', secret_env: 'X' } },
				...{ account_uuid: ACCOUNT, disk_capped: true, sensors: { 'cell-1': ['plt1'] }, minutes_max: 90 },
			},
			...{ secret: NDR_TOKEN, task: task('start_capture', 'hmi-1', { duration_minutes: 60 }) },
			effects: () => server.tasks.length,
			isSo: () => server.tasks.length > 0,
			...{ isWriting: true, urls: ['base_url'] },
		};
	},
};
