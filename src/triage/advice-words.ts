// Makes a model's sentences harmless before they are kept: no link, mention, markup, code or command of any program is left, and no
// sentence that tells people to act on a controller or to press a button. Pure. NOT here: escaping for a surface (chat/text.ts), which
// comes on top; labelling, which the card does.

export type Cleaned = {
	readonly text: string /** What was taken out, by kind, each once. */;
	readonly removed: readonly string[];
};

// Linear: bounded lengths, no quantifier inside another.
const REMOVALS: readonly (readonly [RegExp, string, string])[] = [
	// [words](target) and <target|words> keep their words.
	[/\[([^\][]{0,200})\]\([^()\s]{0,600}\)/g, '$1', 'links'],
	[/<(?:https?|mailto|slack|file|tel):[^<>|]{0,600}(?:\|([^<>]{0,200}))?>/gi, '$1', 'links'],
	[/\b[a-z][a-z0-9+.-]{1,15}:\/\/[^\s<>]{0,600}/gi, '(link left out)', 'links'],
	[/\b(?:mailto|javascript|data|vbscript):[^\s<>]{1,600}/gi, '(link left out)', 'links'],
	[/\bwww\.[^\s<>]{1,600}/gi, '(link left out)', 'links'],
	[/\b(?:[a-z0-9-]{1,63}\.){1,6}[a-z]{2,24}(?::\d{1,5})?\/[^\s<>]{0,600}/gi, '(link left out)', 'links'],
	[/<[@!#][^<>]{0,200}>/g, '(mention left out)', 'mentions'],
	[/[@＠](?:channel|here|everyone|group|all)\b/gi, '(mention left out)', 'mentions'],
	[/[@＠][UWS][A-Z0-9]{6,12}\b/g, '(mention left out)', 'mentions'],
	[
		/\/?\binterlock\s{1,5}(?:incident|policy|playbook|audit|person|source|serve|ack|approve|refuse|resolve|freeze|thaw|fact|merge|split|detach|attest|settle|ask)\b[^.;]{0,300}/gi,
		'(command left out)',
		'commands',
	],
	[
		/(?<![\w/])\/(?:interlock|invite|kick|remind|topic|archive|leave|open|dm|msg|apps|feed)\b[^.;]{0,300}/gi,
		'(command left out)',
		'commands',
	],
	[/\$\([^()]{0,300}\)/g, '(command left out)', 'commands'],
	[/\b(?:curl|wget)\s[^;]{0,300}/gi, '(command left out)', 'commands'],
	[
		/\b(?:powershell(?:\.exe)?|cmd(?:\.exe)?|bash|sh|nc|rm|python3?|certutil|mshta|rundll32)\s{1,5}[-/][^;]{0,300}/gi,
		'(command left out)',
		'commands',
	],
	[/\b(?:iex|invoke-[a-z]{2,30})\b[^;]{0,300}/gi, '(command left out)', 'commands'],
	[/[`*~]{1,20}/g, '', 'markup'],
	// A text is cut before it comes here: half a mention is none, and stays text.
	[/</g, '‹', 'markup'],
	[/>/g, '›', 'markup'],
	[/!?\[\[?|\]\]?(?=\()/g, '[', 'markup'],
];

/** Verbs that begin a sentence telling somebody to act where only the plant's own people decide. */
const VERBS =
	'restart|reboot|reset|stop|halt|shut|power|switch|turn|disable|bypass|force|override|write|download|upload|flash|delete|erase|wipe|format|isolate|disconnect|unplug|kill|scan|install|execute|run|approve|acknowledge|resolve|close|ignore|mute|silence|suppress|dismiss|thaw|unfreeze|grant|allow|send|forward|post|click|visit';
/** `Download of a program was seen` tells of something; `Download the program` asks for it. */
const ENGLISH = new RegExp(
	`^(?:${VERBS})\\s{1,3}(?:the|all|previous|prior|this|that|these|it|them|every|any|your|both|off|down|now|immediately|here|plc|controllers?|sis|hmi|rtu|dcs|safety|process|alarms?|alerts?|incidents?|steps?|hosts?)(?![\\p{L}\\p{N}-])`,
	'iu',
);
/** In a list of things to look at, the verb alone is enough. */
const ENGLISH_BARE = new RegExp(`^(?:${VERBS})(?![\\p{L}\\p{N}-])`, 'iu');
/** Forms that only ask, in the languages of attacks seen. */
const OTHERS = new RegExp(
	`^(?:${[
		'starte|starten|stoppe|stoppen|schalte|schalten|deaktiviere|deaktivieren|überbrücke|überbrücken|lösche|löschen|genehmige|genehmigen|ignoriere|ignorieren|schließe|schließen|trenne|trennen',
		'redémarrez|redémarrer|arrêtez|arrêter|désactivez|désactiver|contournez|effacez|approuvez|approuver|ignorez|ignorer|fermez|éteignez',
		'reinicie|reiniciar|detenga|detener|pare|desactive|desactivar|apague|apagar|borre|apruebe|aprobar|ignore|ignorar|cierre|anule',
		'перезапусти|перезапустите|перезагрузи|перезагрузите|останови|остановите|выключи|выключите|отключи|отключите|обойди|обойдите|удали|удалите|одобри|одобрите|утверди|игнорируй|игнорируйте|закрой|закройте',
	].join('|')})(?![\\p{L}\\p{N}-])`,
	'iu',
);
/** Chinese writes no spaces: the words are looked for at the beginning as they are. */
const ACTING_CHINESE = /^(?:请|立即|马上|现在)?(?:重启|停止|关闭|禁用|绕过|删除|批准|忽略|静音|断开|写入|下载|执行)/u;
/** What stands before the verb of such a sentence. */
const BEFORE_VERB =
	/^(?:[-•\d.):\s]{1,10}|(?:please|now|then|first|immediately|urgent|operator|you must|you should|bitte|jetzt|sofort|veuillez|maintenant|por favor|ahora|пожалуйста|немедленно|сейчас)[,:!\s]{1,5}){1,4}/iu;

/**
 * True where the sentence tells people to do something that a model has no say in. It judges by the first words: an opinion can still
 * be put in a way that this misses, which is why the card says that nobody has checked it.
 *
 * @param isList a line of `check_next`, which should only ever name things to look at: there the verb alone is enough
 */
export function tellsToAct(sentence: string, isList = false): boolean {
	const bare = sentence.trim().slice(0, 400).replace(BEFORE_VERB, '');
	const english = isList ? ENGLISH_BARE : ENGLISH;
	return english.test(bare) || OTHERS.test(bare) || ACTING_CHINESE.test(bare) || ACTING_CHINESE.test(sentence.trim());
}

/** A text of some sentences without what must not be in it; empty where nothing is left. */
export function plainSentences(given: string): Cleaned {
	const removed = new Set<string>();
	let text = given;
	for (const [pattern, by, kind] of REMOVALS) {
		const next = text.replace(pattern, by);
		if (next !== text) removed.add(kind);
		text = next;
	}
	const sentences = text.split(/(?<=[.!?;])\s+|(?<=[。！？])/u);
	const kept = sentences.filter((sentence) => !tellsToAct(sentence) && !/^[\d.)\s]{1,10}$/.test(sentence));
	if (kept.length < sentences.length) removed.add('calls to act');
	return { text: kept.join(' ').replace(/ {2,}/g, ' ').trim(), removed: [...removed] };
}
