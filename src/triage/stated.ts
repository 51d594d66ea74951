// What the sensor itself says an alert is: its category, type, signature or operation read as a category and, for industrial
// networks, as ATT&CK for ICS techniques. Tables and nothing else; pure. NOT here: severity (rules), free text (classifier/).
import type { Alert } from '../domain/alert.ts';
import type { Category } from '../domain/verdict.ts';

export type Stated = {
	/** What the sensor's own category or event type means; null where it states none that says more than "an attack". */
	readonly category: Category | null;
	/** What a mere ATT&CK tactic as a category stands for: it gives way to anything more exact. */
	readonly tactic: Category | null;
	/** Techniques that the event type stands for by definition of the protocol, not by anybody's wording. */
	readonly techniques: readonly string[];
	/** The words that said so, for the reasons. */
	readonly words: string;
};

/** Labels in which parsers keep the sensor's own filing of an event, the plainest first. No free text is among them. */
const FILING_LABELS = [
	'category',
	'thr_category',
	'ThreatCategory',
	'CtdCategory',
	'type',
	'type_name',
	'event_type',
	'alert_class',
	'finding_class',
	'subtype',
	'signature_id',
	'signature',
	'operation_class',
	'operation',
	'rule_groups',
	'tactic',
	'attack_tactic',
] as const;
/** Of each label so much is read: a filing is short. */
const FILING_LENGTH_MAX = 200;

/** Categories of IT products, in order: the first sign that a filing bears. Words are lower case, one blank between them. */
const FILED: readonly { readonly category: Category; readonly words: RegExp }[] = [
	{ category: 'ransomware', words: /\bransom/ },
	{
		category: 'malware',
		words:
			/\b(malware|trojan|virus|virustotal|wildfire|spyware|botnet|backdoor|worm|rootkit|miner|crypto ?currency|coin ?mining|unwanted software|pua|infostealer|malicious file|suspicious file|c2 bad|command and control activity)/,
	},
	{ category: 'phishing', words: /\b(phish|spam\b|social engineering|bec\b)/ },
	{ category: 'data_theft', words: /\b(exfiltrat|data (loss|leak|theft|exfil)|dlp\b|(report|api|file) anomaly)/ },
	{
		category: 'account',
		words:
			/\b(brute ?forc|password (spray|guess)|credential|impossible travel|authentication (fail|failure|failures|failed)|user account|account (lock|takeover)|session hijack|logon fail|login fail|unfamiliar sign|kerberoast)/,
	},
	{
		category: 'reconnaissance',
		words: /\b(recon|reconnaissance|discovery|port ?scan|network scan|address scan|scan\b|probe|information leak)/,
	},
	{
		category: 'policy',
		words: /\b(policy|compliance|noncompliance|misconfiguration|privacy violation|unwanted access)\b/,
	},
	{ category: 'availability', words: /\b(denial of service|dos\b|ddos|\w{2,10} flood)\b/ },
];
const TACTIC =
	/\b(initial access|execution|persistence|privilege escalation|defen[cs]e evasion|lateral movement|command and control|collection|impact|stealth|exploit|web application attack|privilege gain|unauthori[sz]ed access|attack sequence|threat signature|utm ips)\b/;

type Sign = { readonly words: RegExp; readonly category: Category; readonly techniques: readonly string[] };

/**
 * Events of industrial networks, in the order of what weighs more; names as in ATT&CK for ICS v18.1. Read over filing and title,
 * which such a sensor takes from its own list of events.
 */
const INDUSTRIAL: readonly Sign[] = [
	{ words: /\bransom/, category: 'ransomware', techniques: [] },
	{
		words: /\b(malware|trojan|backdoor|worm|virus|malicious (activity|file|code))\b/,
		category: 'malware',
		techniques: [],
	},
	{ words: /\bmodule firmware\b/, category: 'ot_change', techniques: ['T0839'] },
	{ words: /\bfirmware\b/, category: 'ot_change', techniques: ['T0857'] },
	{
		words:
			/\b(program|code|logic|configuration|project|block|plc) upload\b|\bupload (from|of) (a |the )?(plc|controller|program)\b/,
		category: 'reconnaissance',
		techniques: ['T0845'],
	},
	{
		words:
			/\b(program|code|logic|configuration|project|block|plc|prog) download(ed)?\b|\bdownload (to|of) (a |the )?(plc|controller|program|rtu)\b|\bonline edit\b|\brequest download\b/,
		category: 'ot_change',
		techniques: ['T0843'],
	},
	{
		words: /\b(program|logic|code|block) (change|changed|modified|modification|delete|deleted)\b|\bplc programming\b/,
		category: 'ot_change',
		techniques: ['T0843', 'T0889'],
	},
	{
		words: /\b(plc|cpu|controller) stop(ped)?\b|\bstop (of )?(a |the )?(plc|cpu|controller)\b/,
		category: 'ot_command',
		techniques: ['T0858', 'T0816'],
	},
	{
		words: /\b(operating mode|mode change|mode changed|key ?switch|(plc|cpu|controller) mode|program mode)\b/,
		category: 'ot_change',
		techniques: ['T0858'],
	},
	{
		words:
			/\b(reinitiali[sz]e device|cold ?(re)?start|warm ?(re)?start|restart (communications|command)|device (restart|shutdown|reboot)|(plc|cpu|controller) (start|restart|reset|reboot))\b/,
		category: 'ot_command',
		techniques: ['T0816'],
	},
	{
		words:
			/\b(device communication control|turn off transmission|disable unsolicited|block (of )?(command|reporting) message)\b/,
		category: 'ot_command',
		techniques: ['T0804'],
	},
	{
		words: /\bget [a-z ]{1,30}failed\b|\bread [a-z ]{1,30}failed\b|\bfailed illegal function\b/,
		category: 'reconnaissance',
		techniques: ['T0888'],
	},
	{ words: /\b(arp (spoof|poison)|man in the middle|spoof)/, category: 'intrusion', techniques: ['T0830'] },
	{
		words:
			/\b(unauthori[sz]ed|illegal|not allowed|forbidden|reserved|unexpected) ([a-z0-9]{1,20} ){0,2}(command|operation|function|write|function code)\b|\b(function code|command|operation|write) not allowed\b/,
		category: 'ot_command',
		techniques: ['T0855'],
	},
	{ words: /\b(alarm (suppress|disable|shelve)|suppress(ed)? alarm)/, category: 'ot_command', techniques: ['T0878'] },
	{
		words:
			/\b(write|writes|write ?request|set attribute|set ?point|parameter (change|changed|write)|modify parameter|force (coil|output|value))\b|\bmodbus write/,
		category: 'ot_command',
		techniques: ['T0836'],
	},
	{
		words: /\b(direct operate|operate|select|control relay|operation control|control command|control)\b(?! system)/,
		category: 'ot_command',
		techniques: [],
	},
	{
		words: /\b(default (password|credential|credentials)|weak default password|hard ?coded credential)/,
		category: 'account',
		techniques: ['T0812'],
	},
	{
		words:
			/\b(brute ?forc|password guess|(login|logon|log in|authentication) (attempts? )?(failed|failure|error)|failed (login|logon|authentication)|auth fail)/,
		category: 'account',
		techniques: [],
	},
	{
		words: /\b(plaintext|cleartext|unencrypted|weak (password|cipher)|expired (tls )?certificate)\b/,
		category: 'policy',
		techniques: [],
	},
	{
		words:
			/\b(internet (access|connection|connectivity|facing|exposed)|to the internet|external (address|connection))\b/,
		category: 'policy',
		techniques: ['T0883'],
	},
	{ words: /\b(denial of service|dos|flood)\b/, category: 'ot_availability', techniques: ['T0814'] },
	{
		words: /\b(port ?scan|scan|scanning|sweep|network discovery|service discovery|enumeration)\b/,
		category: 'reconnaissance',
		techniques: ['T0846'],
	},
	{
		words: /\bnew (device|node|asset|host|endpoint|mac|station|ip)\b|\b(rogue|transient|unknown) (device|asset|host)\b/,
		category: 'policy',
		techniques: ['T0864'],
	},
	{ words: /\b(rogue|unknown|new) (master|client)\b/, category: 'policy', techniques: ['T0848'] },
	{
		words: /\b(remote (access|session|connection|desktop|services?)|rdp|vnc|teamviewer|anydesk)\b/,
		category: 'intrusion',
		techniques: ['T0886'],
	},
	{
		words:
			/\b(exploit|buffer overflow|lateral movement|blacklisted|bad ip|indicator match|threat signature|command and control)\b/,
		category: 'intrusion',
		techniques: [],
	},
	{
		words:
			/\b(not seen|inactive|disconnected|unresponsive|loss of communication|communication (lost|loss|fail)|link down|offline)\b/,
		category: 'ot_availability',
		techniques: [],
	},
	{
		words:
			/\b(new (link|connection|protocol|communication|function|variable|listening port|remote|arp)|baseline deviation|unusual (client|connection|communication))\b/,
		category: 'policy',
		techniques: [],
	},
	{
		words: /\b(asset information change|configuration (change|changed)|settings? changed?)\b/,
		category: 'ot_change',
		techniques: [],
	},
	{ words: /\bpolicy violat/, category: 'policy', techniques: [] },
];

/** Protocols that only controllers and what speaks to them use. */
const INDUSTRIAL_PROTOCOL =
	/\b(modbus|s7comm|s7 comm|dnp3|bacnet|profinet|ethernet ip|enip|ethercat|opc ?ua|iec ?(60870|61850|104)|goose|umas|synchrophasor)\b/;

const NOTHING: Stated = { category: null, tactic: null, techniques: [], words: '' };

/**
 * What the sensor states. Only of security alerts: of all others the kind says it already (judge.ts).
 *
 * @returns for an industrial sensor, or an event of an industrial protocol, a category and techniques; for others a category alone
 */
export function statedBy(alert: Alert): Stated {
	if (alert.kind !== 'security') return NOTHING;
	const filings = FILING_LABELS.flatMap((name) => {
		const value = Object.hasOwn(alert.labels, name) ? alert.labels[name] : undefined;
		return value === undefined || value === '' ? [] : [plain(value.slice(0, FILING_LENGTH_MAX))];
	});
	const title = plain(alert.title);
	const protocol = plain(alert.labels['app_protocol'] ?? alert.labels['protocol'] ?? '');
	const namesIcs = alert.techniques.some((id) => id.startsWith('T0'));
	if (alert.domain === 'ot' || namesIcs || INDUSTRIAL_PROTOCOL.test(`${title} ${protocol} ${filings.join(' ')}`)) {
		const found = industrial([...filings, title]);
		if (found !== null) return found;
	}
	// The plainest label that says something, not the gravest word of all of them.
	for (const filing of filings) {
		for (const { category, words } of FILED) {
			if (words.test(filing)) return { category, tactic: null, techniques: [], words: filing };
		}
	}
	const tactic = filings.find((filing) => TACTIC.test(filing));
	return tactic === undefined ? NOTHING : { ...NOTHING, tactic: 'intrusion', words: tactic };
}

/** The weightiest sign over all that was said: a generic filing (`Policy Violation`) stands beside a telling title. */
function industrial(said: readonly string[]): Stated | null {
	for (const { words, category, techniques } of INDUSTRIAL) {
		const found = said.find((text) => words.test(text));
		if (found !== undefined) return { category, tactic: null, techniques, words: found };
	}
	return null;
}

/** `CredentialAccess`, `SIGN:PROGRAM:DOWNLOAD` and `reinitialize_device` as words in lower case, one blank between them. */
function plain(text: string): string {
	return text
		.replace(/([a-z0-9])([A-Z])/g, '$1 $2')
		.toLowerCase()
		.replace(/[^\p{L}\p{N}]+/gu, ' ')
		.trim();
}
