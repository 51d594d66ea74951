// Block Kit's interactive elements as native controls. What a control does is read from its data attributes by page.js. Pure.
import { asObject, asObjects, asText, isObject, type JsonObject, textOf } from '../json.ts';
import { type RawValue, type RawValues, rawOf } from '../values.ts';
import { type Html, html, joined, NOTHING } from './html.ts';
import { mrkdwnHtml, type Names, plainHtml } from './mrkdwn.ts';

export type Choice = { readonly id: string; readonly label: string };
export type ElementContext = {
	readonly names: Names;
	readonly people: readonly Choice[];
	readonly channels: readonly Choice[];
	readonly values: RawValues;
	/** Makes ids of controls unique on the page. */
	readonly scope: string;
	/** In an input block a change is kept until submission; elsewhere it is sent at once. */
	readonly isInput: boolean;
	readonly label?: string;
};

/** A text object; mrkdwn where it says so. */
export function textHtml(value: unknown, names: Names): Html {
	const text = textOf(value, 'text');
	return asObject(value)['type'] === 'mrkdwn' ? mrkdwnHtml(text, names) : plainHtml(text);
}

function many(raw: RawValue): readonly string[] {
	return typeof raw === 'string' ? [raw] : (raw ?? []);
}

export function elementHtml(block: JsonObject, element: JsonObject, context: ElementContext): Html {
	const raw = rawOf(block, element, context.values);
	switch (element['type']) {
		case 'button':
			return buttonHtml(block, element, context);
		case 'overflow':
			return overflowHtml(block, element, context);
		case 'image':
			return imageHtml(element);
		case 'static_select':
		case 'multi_static_select':
			return selectHtml(block, element, context, raw, optionsHtml(element, many(raw)));
		case 'users_select':
		case 'multi_users_select':
			return selectHtml(block, element, context, raw, choicesHtml(context.people, many(raw)));
		case 'channels_select':
		case 'conversations_select':
			return selectHtml(block, element, context, raw, choicesHtml(context.channels, many(raw)));
		case 'checkboxes':
			return choiceHtml(block, element, context, raw, 'checkbox');
		case 'radio_buttons':
			return choiceHtml(block, element, context, raw, 'radio');
		default:
			return fieldHtml(block, element, context, raw);
	}
}

function attributes(block: JsonObject, element: JsonObject, context: ElementContext): Html {
	const name = `${context.scope}-${textOf(block, 'block_id')}-${textOf(element, 'action_id')}`;
	const confirm = isObject(element['confirm']) ? html` data-confirm="${name}-confirm"` : NOTHING;
	const label = context.label === undefined ? textOf(element['placeholder'], 'text') : context.label;
	const label2 = label === '' || element['type'] === 'button' ? NOTHING : html` aria-label="${label}"`;
	const sends = context.isInput && block['dispatch_action'] !== true ? NOTHING : html` data-sends`;
	return html` id="${name}" data-block="${textOf(block, 'block_id')}" data-action="${textOf(element, 'action_id')}" data-type="${asText(element['type'])}"${sends}${confirm}${label2}`;
}

function confirmHtml(block: JsonObject, element: JsonObject, context: ElementContext): Html {
	const confirm = element['confirm'];
	if (!isObject(confirm)) return NOTHING;
	const id = `${context.scope}-${textOf(block, 'block_id')}-${textOf(element, 'action_id')}-confirm`;
	const style = confirm['style'] === 'danger' ? 'danger' : 'primary';
	return html`<dialog class="confirm" id="${id}" aria-labelledby="${id}-title"><h3 id="${id}-title">${textHtml(confirm['title'], context.names)}</h3>
<div class="confirm-text">${textHtml(confirm['text'], context.names)}</div>
<div class="buttons"><button type="button" class="button" data-answer="no">${textHtml(confirm['deny'], context.names)}</button><button type="button" class="button ${style}" data-answer="yes">${textHtml(confirm['confirm'], context.names)}</button></div></dialog>`;
}

function buttonHtml(block: JsonObject, element: JsonObject, context: ElementContext): Html {
	const style = element['style'] === 'primary' || element['style'] === 'danger' ? ` ${element['style']}` : '';
	const spoken = textOf(element, 'accessibility_label');
	const label = spoken === '' ? NOTHING : html` aria-label="${spoken}"`;
	const value = element['value'] === undefined ? NOTHING : html` data-value="${textOf(element, 'value')}"`;
	const url = textOf(element, 'url');
	const link = /^https?:\/\//.test(url) ? html` data-url="${url}" title="${url}"` : NOTHING;
	return html`<button type="button" class="button${style}"${attributes(block, element, context)}${value}${link}${label}>${plainHtml(textOf(element['text'], 'text'))}</button>${confirmHtml(block, element, context)}`;
}

function overflowHtml(block: JsonObject, element: JsonObject, context: ElementContext): Html {
	const items = asObjects(element['options']).map(
		(option) =>
			html`<button type="button" role="menuitem" data-value="${textOf(option, 'value')}">${textHtml(option['text'], context.names)}</button>`,
	);
	return html`<details class="overflow"${attributes(block, element, context)}><summary aria-label="More actions" title="More actions">⋯</summary><div role="menu">${items}</div></details>${confirmHtml(block, element, context)}`;
}

/** No picture is fetched: a page that loads what a message names would tell strangers who reads it. */
export function imageHtml(element: JsonObject): Html {
	const url = textOf(element, 'image_url');
	const host = URL.canParse(url) ? new URL(url).host : '';
	const alt = textOf(element, 'alt_text');
	const isWeb = /^https?:\/\//.test(url);
	const link = isWeb
		? html`<a href="${url}" target="_blank" rel="noopener noreferrer nofollow">${alt}</a> <span class="host">(${host})</span>`
		: html`${alt}`;
	return html`<span class="picture">Image: ${link}</span>`;
}

function optionHtml(option: JsonObject, chosen: readonly string[]): Html {
	const value = textOf(option, 'value');
	return html`<option value="${value}"${chosen.includes(value) ? html` selected` : NOTHING}>${textOf(option['text'], 'text')}</option>`;
}

function optionsHtml(element: JsonObject, chosen: readonly string[]): Html {
	const flat = asObjects(element['options']).map((option) => optionHtml(option, chosen));
	const groups = asObjects(element['option_groups']).map(
		(group) =>
			html`<optgroup label="${textOf(group['label'], 'text')}">${asObjects(group['options']).map((option) => optionHtml(option, chosen))}</optgroup>`,
	);
	return joined([...flat, ...groups]);
}

function choicesHtml(choices: readonly Choice[], chosen: readonly string[]): Html {
	return joined(
		choices.map(
			({ id, label }) =>
				html`<option value="${id}"${chosen.includes(id) ? html` selected` : NOTHING}>${label}</option>`,
		),
	);
}

function selectHtml(
	block: JsonObject,
	element: JsonObject,
	context: ElementContext,
	raw: RawValue,
	options: Html,
): Html {
	const isMulti = asText(element['type']).startsWith('multi_');
	const placeholder = textOf(element['placeholder'], 'text') || 'Choose…';
	const first = isMulti
		? NOTHING
		: html`<option value=""${many(raw).length === 0 ? html` selected` : NOTHING}>${placeholder}</option>`;
	return html`<select class="select"${isMulti ? html` multiple size="4"` : NOTHING}${attributes(block, element, context)}>${first}${options}</select>${confirmHtml(block, element, context)}`;
}

function choiceHtml(
	block: JsonObject,
	element: JsonObject,
	context: ElementContext,
	raw: RawValue,
	type: 'checkbox' | 'radio',
): Html {
	const chosen = many(raw);
	const name = `${context.scope}-${textOf(block, 'block_id')}-${textOf(element, 'action_id')}`;
	const options = asObjects(element['options']).map((option) => {
		const value = textOf(option, 'value');
		const description = isObject(option['description'])
			? html`<small>${textHtml(option['description'], context.names)}</small>`
			: NOTHING;
		return html`<label class="choice"><input type="${type}" name="${name}" value="${value}"${chosen.includes(value) ? html` checked` : NOTHING}><span>${textHtml(option['text'], context.names)}${description}</span></label>`;
	});
	return html`<div class="choices" role="${type === 'radio' ? 'radiogroup' : 'group'}"${attributes(block, element, context)}>${options}</div>${confirmHtml(block, element, context)}`;
}

const INPUT_TYPE: { readonly [type: string]: string } = {
	datepicker: 'date',
	timepicker: 'time',
	datetimepicker: 'datetime-local',
	number_input: 'text',
	email_text_input: 'email',
	url_text_input: 'url',
};

function fieldHtml(block: JsonObject, element: JsonObject, context: ElementContext, raw: RawValue): Html {
	const type = asText(element['type']);
	const value = many(raw)[0] ?? '';
	const placeholder = textOf(element['placeholder'], 'text');
	const hint = placeholder === '' ? NOTHING : html` placeholder="${placeholder}"`;
	const max = typeof element['max_length'] === 'number' ? html` maxlength="${element['max_length']}"` : NOTHING;
	if (element['multiline'] === true)
		return html`<textarea class="field" rows="4"${attributes(block, element, context)}${hint}${max}>${value}</textarea>`;
	const inputType = (Object.hasOwn(INPUT_TYPE, type) ? INPUT_TYPE[type] : undefined) ?? 'text';
	const mode = type === 'number_input' ? html` inputmode="decimal"` : NOTHING;
	return html`<input class="field" type="${inputType}" value="${value}"${attributes(block, element, context)}${hint}${max}${mode}>`;
}
