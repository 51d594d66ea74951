// Makes a vendor's text fit to be stored and shown: well-formed, without terminal escapes and control characters, bounded.
// What a text means and where it may be shown (Slack, model) is not decided here.

// CSI and OSC sequences (ECMA-48 section 5.4): the classes do not overlap, so each is read once.
const ESCAPES = /\u001b\[[0-?]*[ -/]*[@-~]?|\u001b\][^\u0007\u001b]{0,500}(?:\u0007|\u001b\\)?|\u001b[@-Z\\^_]?/g;
// C0 without tab and line feed, DEL, C1; marks that turn the reading order or show nothing (UAX #9, UTR #36).
const INVISIBLE =
	/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u061c\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;

/** Anything that may have to be taken out or changed: most texts of most vendors are plain ASCII on one line, and stay as they are. */
const UNUSUAL = /[^ -~]/;

/** The text with its lines and tabs kept, cut to `max` UTF-16 units with a final `…`. */
export function cleanText(text: string, max: number): string {
	// Work stays linear in what is kept: a 1 MB text is cut before it is looked at.
	const head = text.length > max * 4 ? text.slice(0, max * 4) : text;
	if (!UNUSUAL.test(head)) return bounded(head.trim(), max, head.length < text.length);
	const clean = head
		.toWellFormed()
		.replace(/\r\n?|[\u2028\u2029\u0085]/g, '\n')
		.replace(ESCAPES, '')
		.replace(INVISIBLE, '')
		.trim();
	return bounded(clean, max, head.length < text.length);
}

/** The text as one line: every run of white space is one space. */
export function cleanLine(text: string, max: number): string {
	if (text.length <= max && !UNUSUAL.test(text) && !text.includes('  ')) return text.trim();
	const head = text.length > max * 4 ? text.slice(0, max * 4) : text;
	return bounded(
		cleanText(head, max * 4)
			.replace(/\s+/g, ' ')
			.trim(),
		max,
		head.length < text.length,
	);
}

function bounded(text: string, max: number, isCut: boolean): string {
	if (text.length <= max && !isCut) return text;
	return `${text
		.slice(0, max - 1)
		.toWellFormed()
		.replace(/\ufffd$/, '')}…`;
}
