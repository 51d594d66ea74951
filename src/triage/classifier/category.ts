// The category of an alert from its words, tactics and techniques: an ordered list of signs, the first that holds wins.
// Nobody publishes labels for these words, so this is a table and not a model. Pure.
import type { Category, TechniqueScore } from '../../domain/verdict.ts';

type Seen = {
	readonly title: string;
	readonly text: string;
	readonly domain: 'it' | 'ot';
	readonly tactics: readonly string[];
	readonly techniques: readonly TechniqueScore[];
};

/** A sign: words in the text (title first), in one domain or both. All patterns are linear. */
const SIGNS: readonly { category: Category; domain?: 'it' | 'ot'; words: RegExp }[] = [
	{
		category: 'process_safety',
		domain: 'ot',
		words:
			/\b(gas (detect|leak|alarm)\w*|h2s|lel alarm|fire (alarm|detect)\w*|flame detect\w*|emergency shutdown|esd|sis (trip|demand|bypass)|safety (trip|demand|instrumented|shutdown)|burner management|overpressure)\b/,
	},
	{
		category: 'ransomware',
		words: /\b(ransom\w*|files? encrypted|lockbit|blackcat|conti|ryuk|shadow cop(y|ies) delet\w*)\b/,
	},
	{ category: 'phishing', words: /\b(phish\w*|spearphish\w*|malicious (e-?mail|attachment)|credential harvest\w*)\b/ },
	{
		category: 'ot_change',
		domain: 'ot',
		words:
			/\b(program (download|upload|change|edit)\w*|logic (change|download|modif)\w*|online edit\w*|firmware (update|change|upgrade|download)\w*|(plc|controller) (program|configuration|logic) \w*|configuration (change|download)\w*|mode change\w*|operating mode|project file\w*)\b/,
	},
	{
		category: 'ot_command',
		domain: 'ot',
		words:
			/\b((plc|controller|cpu) (stop|start|reset|restart)\w*|stop (plc|cpu|controller)|write (command|request|coil|register|single|multiple)\w*|force\w* (output|coil|value)s?|unauthori[sz]ed (command|write|operation)\w*|illegal function|set ?point (change|write)\w*|function code\w*)\b/,
	},
	{
		category: 'ot_availability',
		domain: 'ot',
		words:
			/\b(loss of (view|control|communication)\w*|hmi (offline|down|failure|frozen)|(device|controller|plc|rtu) (unreachable|offline|not responding|lost)|communication (fail|loss|lost|error)\w*)\b/,
	},
	{
		category: 'vulnerability',
		words: /\b(cve-\d{4}-\d+|vulnerab\w*|advisory|end of (life|support)|weak password|unpatched|expired certificate)\b/,
	},
	{
		category: 'malware',
		words:
			/\b(malware|trojan|virus|worm|backdoor|infostealer|stealer|eicar|engines detected this|rootkit|botnet|cobalt ?strike|beacon\w*|c2|command and control)\b/,
	},
	{ category: 'data_theft', words: /\b(exfiltrat\w*|data (theft|leak|loss)\w*|mass download\w*)\b/ },
	{
		category: 'account',
		words:
			/\b(brute ?force\w*|password (spray|guess)\w*|failed log(in|on)s?|mfa|impossible travel|account lock\w*|credential (dump|stuff|access|theft)\w*)\b/,
	},
	{
		category: 'reconnaissance',
		words:
			/\b((port|network|address|host|vulnerability) (scan|sweep)\w*|scan(ning|ner)?|enumerat\w*|reconnaissance|discover(y|ed) of)\b/,
	},
	{
		category: 'process_deviation',
		domain: 'ot',
		words: /\b((high|low|hi hi|lo lo) (level|pressure|temperature|flow|limit)\w*|out of range|deviation|set ?point)\b/,
	},
	{
		category: 'equipment_condition',
		words:
			/\b(vibration|bearing|remaining useful life|overheat\w*|fan fail\w*|disk (fail|predict)\w*|power supply|battery (low|fail)\w*|wear)\b/,
	},
	{
		category: 'performance',
		words:
			/\b((cpu|memory|disk) (usage|utili[sz]ation|pressure|space)|latency|slow (response|quer)\w*|saturat\w*|throttl\w*)\b/,
	},
	{
		category: 'availability',
		words:
			/\b((host|service|link|interface|instance|node|server|switch|target) (is )?(down|unreachable|unavailable|missing)|link ?down|outage|heartbeat (lost|missing)|not reachable)\b/,
	},
	{
		category: 'policy',
		words:
			/\b(policy violation|not allowed|unauthori[sz]ed (device|software|connection|internet)|new (device|asset) (detected|found|seen)|compliance)\b/,
	},
];

const BY_TACTIC: Readonly<Record<string, Category>> = {
	'credential-access': 'account',
	exfiltration: 'data_theft',
	reconnaissance: 'reconnaissance',
	discovery: 'reconnaissance',
	execution: 'intrusion',
	persistence: 'intrusion',
	'privilege-escalation': 'intrusion',
	'defense-evasion': 'intrusion',
	evasion: 'intrusion',
	'lateral-movement': 'intrusion',
	'initial-access': 'intrusion',
	'command-and-control': 'intrusion',
	collection: 'intrusion',
	'resource-development': 'intrusion',
	impact: 'intrusion',
	'impair-process-control': 'ot_command',
	'inhibit-response-function': 'ot_availability',
};

/** ICS techniques whose meaning for the plant is plainer than any wording (ATT&CK for ICS v18.1). */
const BY_TECHNIQUE: Readonly<Record<string, Category>> = {
	T0843: 'ot_change',
	T0889: 'ot_change',
	T0821: 'ot_change',
	T0833: 'ot_change',
	T0839: 'ot_change',
	T0857: 'ot_change',
	T0836: 'ot_change',
	T0858: 'ot_change',
	T0855: 'ot_command',
	T0816: 'ot_command',
	T0831: 'ot_command',
	T0806: 'ot_command',
	T0813: 'ot_availability',
	T0815: 'ot_availability',
	T0814: 'ot_availability',
	T0826: 'ot_availability',
	T0827: 'ot_availability',
	T0829: 'ot_availability',
	T0880: 'process_safety',
	T1486: 'ransomware',
	T1566: 'phishing',
	T1110: 'account',
	T1498: 'availability',
	T1499: 'availability',
};

/** One category; `other` where neither words nor techniques say anything. */
export function categoryOf(seen: Seen): Category {
	const title = seen.title.toLowerCase();
	const text = `${title} ${seen.text.slice(0, 2_000).toLowerCase()}`;
	for (const place of [title, text]) {
		for (const sign of SIGNS) {
			if ((sign.domain === undefined || sign.domain === seen.domain) && sign.words.test(place)) return sign.category;
		}
	}
	const best = seen.techniques[0];
	const byTechnique = best === undefined ? undefined : (BY_TECHNIQUE[best.id] ?? BY_TECHNIQUE[best.id.slice(0, 5)]);
	return byTechnique ?? BY_TACTIC[seen.tactics[0] ?? ''] ?? 'other';
}

/** The category that a technique stands for by itself, where one does. */
export function categoryOfTechnique(id: string): Category | null {
	return BY_TECHNIQUE[id] ?? BY_TECHNIQUE[id.slice(0, 5)] ?? null;
}
