// Block Kit blocks as HTML: one function a block type. Pure. NOT here: the controls (elements.ts), the text (mrkdwn.ts).
import { asList, asObject, asObjects, isObject, type JsonObject, textOf } from '../json.ts';
import { type ElementContext, elementHtml, imageHtml, textHtml } from './elements.ts';
import { type Html, html, joined, NOTHING } from './html.ts';
import { markdownHtml } from './markdown.ts';
import { plainHtml } from './mrkdwn.ts';
import { richTextHtml } from './rich-text.ts';

export type BlocksContext = Omit<ElementContext, 'isInput' | 'label'> & {
	readonly errors: { readonly [blockId: string]: string };
};

export function blocksHtml(blocks: readonly JsonObject[], context: BlocksContext): Html {
	return joined(blocks.map((block) => blockHtml(block, context)));
}

function blockHtml(block: JsonObject, context: BlocksContext): Html {
	const inline: ElementContext = { ...context, isInput: false };
	switch (block['type']) {
		case 'header':
			return html`<h3 class="block header">${plainHtml(textOf(block['text'], 'text'))}</h3>`;
		case 'divider':
			return html`<hr class="block">`;
		case 'section':
			return sectionHtml(block, inline);
		case 'context':
			return html`<div class="block context">${asObjects(block['elements']).map((element) => html`<span>${element['type'] === 'image' ? imageHtml(element) : textHtml(element, context.names)}</span>`)}</div>`;
		case 'actions':
			return html`<div class="block actions">${asObjects(block['elements']).map((element) => elementHtml(block, element, inline))}</div>`;
		case 'input':
			return inputHtml(block, context);
		case 'image':
			return html`<div class="block">${isObject(block['title']) ? html`<div>${textHtml(block['title'], context.names)}</div>` : NOTHING}${imageHtml(block)}</div>`;
		case 'rich_text':
			return html`<div class="block">${richTextHtml(block, context.names)}</div>`;
		case 'markdown':
			return html`<div class="block">${markdownHtml(textOf(block, 'text'))}</div>`;
		case 'table':
			return tableHtml(block, context);
		default:
			return NOTHING;
	}
}

function sectionHtml(block: JsonObject, context: ElementContext): Html {
	const fields = asObjects(block['fields']).map((field) => html`<div>${textHtml(field, context.names)}</div>`);
	const main = isObject(block['text'])
		? html`<div class="words">${textHtml(block['text'], context.names)}</div>`
		: NOTHING;
	const accessory = isObject(block['accessory'])
		? html`<div class="accessory">${elementHtml(block, block['accessory'], context)}</div>`
		: NOTHING;
	return html`<div class="block section"><div class="main">${main}${fields.length === 0 ? NOTHING : html`<div class="fields">${fields}</div>`}</div>${accessory}</div>`;
}

function inputHtml(block: JsonObject, context: BlocksContext): Html {
	const label = textOf(block['label'], 'text');
	const error = context.errors[textOf(block, 'block_id')];
	const optional = block['optional'] === true ? html` <span class="optional">(optional)</span>` : NOTHING;
	const hint = isObject(block['hint'])
		? html`<div class="hint">${plainHtml(textOf(block['hint'], 'text'))}</div>`
		: NOTHING;
	const element = elementHtml(block, asObject(block['element']), { ...context, isInput: true, label });
	return html`<div class="block input${error === undefined ? '' : ' faulty'}"><div class="label">${plainHtml(label)}${optional}</div>${element}${error === undefined ? NOTHING : html`<div class="error" role="alert">${error}</div>`}${hint}</div>`;
}

function tableHtml(block: JsonObject, context: BlocksContext): Html {
	const rows = asList(block['rows']).map((row) =>
		asObjects(row).map((cell) =>
			cell['type'] === 'rich_text'
				? richTextHtml(cell, context.names)
				: plainHtml(textOf(cell, 'text') || String(cell['value'] ?? '')),
		),
	);
	const [head = [], ...body] = rows;
	return html`<div class="block table"><table><thead><tr>${head.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead><tbody>${body.map((row) => html`<tr>${row.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody></table></div>`;
}
