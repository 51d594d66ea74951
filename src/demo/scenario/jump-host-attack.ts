// The demo's story in two minutes: a phished engineer's laptop, the jump host, an engineering workstation and an unauthorised
// logic download to a PLC, in background noise, with a storm from a dead switch and one gas alarm. Pure: a list of what is sent when.
import { createHash } from 'node:crypto';
import { SECOND } from '../../domain/time.ts';
import { type Body, control, edr, gas, host, type Metric, metrics, wire } from './bodies.ts';

export type Sent = {
	readonly afterMs: number;
	readonly label: 'attack' | 'noise' | 'storm' | 'safety';
	readonly body: Body;
};

export const STORM_ALERTS = 200;
const STORM_BODIES = 20;
const USER = 't.brandt';
const LAPTOP = { name: 'LT-ENG-07', ip: '10.20.1.57' };
/** As the remote-access gateway calls it. */
const SESSION = 'rdp-7731';
const JUMP = { name: 'JUMP-01', ip: '10.20.20.10' };
const ENG = { name: 'ENG-01', ip: '10.20.30.21' };
const PLC = { name: 'PLC-A03', ip: '10.20.41.23' };
const DROPPER = { name: 'Wartungsplan_Q4.pdf.exe', sha256: createHash('sha256').update('demo dropper').digest('hex') };

/**
 * Everything that is sent, in order.
 *
 * @param startAt when the story begins
 * @param pace    1 as told; 4 tells it in a quarter of the time, event times included
 */
export function jumpHostAttack(startAt: number, pace = 1): Sent[] {
	const told: Told = (afterMs, label, make) => ({
		afterMs: afterMs / pace,
		label,
		body: make(Math.round(startAt + afterMs / pace)),
	});
	return [...attackInOffice(told), ...attackInPlant(told), ...noise(told), ...storm(told), ...gasAlarm(told)].toSorted(
		(a, b) => a.afterMs - b.afterMs,
	);
}

type Told = (afterMs: number, label: Sent['label'], make: (at: number) => Body) => Sent;

/** A mail, a laptop, a password, the jump host. */
function attackInOffice(told: Told): Sent[] {
	return [
		told(4 * SECOND, 'attack', (at) =>
			edr({
				id: '637700000000000001_1',
				title: 'Malicious attachment opened from a phishing mail',
				description: 'A user opened an executable attachment with a double extension that came by mail.',
				severity: 'High',
				category: 'InitialAccess',
				host: LAPTOP.name,
				user: USER,
				techniques: ['T1566.001', 'T1204.002'],
				file: DROPPER,
				at,
			}),
		),
		told(12 * SECOND, 'attack', (at) =>
			edr({
				id: '637700000000000002_1',
				title: 'Malware was detected and is running',
				description: 'A process started from the attachment contacts a command-and-control server.',
				severity: 'High',
				category: 'Malware',
				host: LAPTOP.name,
				user: USER,
				techniques: ['T1059.001', 'T1071.001'],
				file: DROPPER,
				at,
			}),
		),
		told(22 * SECOND, 'attack', (at) =>
			host({
				rule: '92403',
				level: 13,
				description: 'LSASS memory was read by an unsigned process: possible credential dumping',
				host: LAPTOP.name,
				ip: LAPTOP.ip,
				user: USER,
				techniques: ['T1003.001'],
				at,
			}),
		),
		told(36 * SECOND, 'attack', (at) =>
			host({
				rule: '92653',
				level: 12,
				description: 'Remote desktop logon to the OT jump host from a workstation outside the maintenance window',
				host: JUMP.name,
				ip: JUMP.ip,
				user: USER,
				from: LAPTOP.ip,
				techniques: ['T1021.001'],
				at,
			}),
		),
	];
}

/** The engineering workstation and the controller. */
function attackInPlant(told: Told): Sent[] {
	return [
		told(52 * SECOND, 'attack', (at) =>
			control({
				id: 'rdp-eng-01',
				type: 'SIGN:SUSPICIOUS-ACTIVITY',
				name: 'Remote desktop to engineering workstation',
				description: `${JUMP.ip} opened a remote desktop session to engineering workstation ${ENG.ip} as ${USER}.`,
				risk: 8,
				from: { ...JUMP, label: JUMP.name, zone: 'dmz' },
				to: { ...ENG, label: ENG.name, zone: 'operations', port: 3389 },
				protocol: 'rdp',
				user: USER,
				session: SESSION,
				techniques: ['T0886'],
				at,
			}),
		),
		told(84 * SECOND, 'attack', (at) =>
			control({
				id: 'download-plc-a03',
				type: 'SIGN:PROGRAM:CHANGE',
				name: 'Program change',
				description: `Logic was downloaded to controller ${PLC.ip} from ${ENG.ip} by ${USER}. No change is planned.`,
				risk: 10,
				from: { ...ENG, label: ENG.name, zone: 'operations' },
				to: { ...PLC, label: PLC.name, zone: 'area-a', port: 44_818 },
				protocol: 'ethernetip',
				user: USER,
				techniques: ['T0843', 'T0889'],
				at,
			}),
		),
		told(96 * SECOND, 'attack', (at) =>
			control({
				id: 'mode-plc-a03',
				type: 'SIGN:PLC-MODE-CHANGE',
				name: 'Controller mode change',
				description: `Controller ${PLC.ip} was set to program mode and back to run mode by ${ENG.ip}.`,
				risk: 9,
				from: { ...ENG, label: ENG.name, zone: 'operations' },
				to: { ...PLC, label: PLC.name, zone: 'area-a', port: 44_818 },
				protocol: 'ethernetip',
				user: USER,
				techniques: ['T0858'],
				at,
			}),
		),
	];
}

/** Forty harmless things that a plant's sensors say all day. */
function noise(told: Told): Sent[] {
	return Array.from({ length: 40 }, (_, i) =>
		told(1_500 + i * 2_900, 'noise', (at) => {
			const kind = NOISE[i % NOISE.length];
			if (kind === undefined) throw new Error('there are kinds of noise');
			return kind(i, at);
		}),
	);
}

const laptop = (i: number): { name: string; ip: string } => ({
	name: `LT-${String(1 + (i % 12)).padStart(3, '0')}`,
	ip: `10.20.1.${21 + (i % 12)}`,
});

const NOISE: readonly ((i: number, at: number) => Body)[] = [
	(i, at) =>
		wire({
			sid: 2_027_390 + i,
			signature: 'ET INFO Windows Update P2P Activity',
			category: 'Misc activity',
			severity: 3,
			from: laptop(i).ip,
			to: '10.20.1.3',
			port: 8080,
			at,
		}),
	(i, at) =>
		host({
			rule: '60122',
			level: 5,
			description: 'Logon failure: unknown user or bad password',
			host: laptop(i).name,
			ip: laptop(i).ip,
			user: `user${i % 12}`,
			at,
		}),
	(i, at) => {
		const instance = i % 8 < 4 ? 'files-01' : 'mail-01';
		return metrics([
			{ name: 'HostDiskFillingUp', instance, severity: 'warning', summary: 'Disk will be full in a week', at },
		]);
	},
	(_, at) =>
		metrics([
			{
				name: 'BackupLate',
				instance: 'hist-replica',
				severity: 'info',
				summary: 'The nightly copy is twenty minutes late',
				at,
			},
		]),
];

const STORM_HOSTS = 'sw-b1 hmi-b1 plc-b01 plc-b02 plc-b03 plc-b04 plc-b05 plc-b06 rtu-b1 io-b01 io-b02 io-b03'.split(
	' ',
);
const STORM_NAMES =
	'TargetDown PingFailed PlcUnreachable LinkDown TagStale OpcConnectionLost SnmpTimeout ScanCycleMissed'.split(' ');

/** The switch of area B dies: everything behind it is unreachable, in every tool's words, again and again. */
function storm(told: Told): Sent[] {
	const each = STORM_ALERTS / STORM_BODIES;
	return Array.from({ length: STORM_BODIES }, (_, b) =>
		told(60 * SECOND + b * 400, 'storm', (at) =>
			metrics(
				Array.from({ length: each }, (_unused, a): Metric => {
					const i = b * each + a;
					const instance = STORM_HOSTS[i % STORM_HOSTS.length] ?? 'sw-b1';
					const name = STORM_NAMES[Math.floor(i / STORM_HOSTS.length) % STORM_NAMES.length] ?? 'TargetDown';
					return { name, instance, severity: 'warning', summary: `${name} on ${instance}`, at };
				}),
			),
		),
	);
}

/** In the middle of the storm: the one alarm that waits for nothing. */
function gasAlarm(told: Told): Sent[] {
	return [
		told(64 * SECOND, 'safety', (at) =>
			gas({ detector: 'GD-B2', host: 'FGS-01', ip: '10.20.50.21', level: '62 % LEL', at }),
		),
	];
}
