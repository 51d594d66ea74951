// HTML as text, built so that nothing gets in unescaped: `html` escapes every value that is not itself Html. Pure.

/** Finished HTML. Only `html`, `joined` and `NOTHING` make it, so a string can never pass for it. */
export class Html {
	readonly text: string;
	private constructor(text: string) {
		this.text = text;
	}
	static of(strings: TemplateStringsArray, values: readonly Part[]): Html {
		let out = strings[0] ?? '';
		for (const [at, value] of values.entries()) out += partText(value) + (strings[at + 1] ?? '');
		return new Html(out);
	}
	static join(parts: readonly Html[]): Html {
		return new Html(parts.map((part) => part.text).join(''));
	}
}

type Part = Html | string | number | null | undefined | false | readonly Html[];

function partText(value: Part): string {
	if (value === null || value === undefined || value === false) return '';
	if (value instanceof Html) return value.text;
	if (Array.isArray(value)) return Html.join(value).text;
	return escapeHtml(String(value));
}

export function html(strings: TemplateStringsArray, ...values: Part[]): Html {
	return Html.of(strings, values);
}

export function joined(parts: readonly Html[]): Html {
	return Html.join(parts);
}

export const NOTHING: Html = html``;

/** Safe between tags and inside quoted attributes. Control characters, which hide or reorder text, are shown as a box. */
function escapeHtml(text: string): string {
	return text
		.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u202a-\u202e\u2066-\u2069]/g, '\u25a1')
		.replaceAll('&', '&amp;')
		.replaceAll('<', '&lt;')
		.replaceAll('>', '&gt;')
		.replaceAll('"', '&quot;')
		.replaceAll("'", '&#39;');
}
