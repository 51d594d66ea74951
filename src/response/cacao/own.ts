// An exported playbook of ours comes home: the form in its extension is believed only where the whole object is what we would export from
// it, so that nobody can show people one workflow and run another. Pure.
import { Playbook } from '../../domain/playbook.ts';
import { allNodes } from '../../domain/playbook-step.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import { isActionName } from '../../safety/actions.ts';
import { EXTENSION, isSame, toCacao } from './from-playbook.ts';
import { isJsonObject, type JsonObject } from './strict-json.ts';
import type { Became, Raw } from './to-playbook.ts';

type Own = {
	readonly playbook: Playbook;
	readonly written: Raw;
	readonly became: readonly Became[];
	readonly notes: readonly string[];
};

/** The playbook of ours that an object carries; null where it carries none, an error where it is not what the object says. */
export function ownPlaybookIn(cacao: JsonObject): Result<Own, string> | null {
	const extensions = cacao['playbook_extensions'];
	const extension =
		isJsonObject(extensions) && Object.hasOwn(extensions, EXTENSION) ? extensions[EXTENSION] : undefined;
	if (!isJsonObject(extension)) return null;
	const parsed = Playbook.safeParse(extension['playbook']);
	const written = extension['playbook'];
	if (!parsed.success || !isJsonObject(written))
		return err("it carries a playbook of Interlock that cannot be read: it is imported as anybody's");
	const text = (name: string) => (typeof cacao[name] === 'string' ? String(cacao[name]) : '');
	const again = toCacao(parsed.data, {
		created: text('created'),
		modified: text('modified'),
		createdBy: text('created_by'),
	});
	if (!isSame(again, cacao))
		return err("it carries a playbook of Interlock, and its workflow says something else: it is imported as anybody's");
	const became = allNodes(parsed.data.steps).map(({ node }): Became => {
		const action = 'action' in node && isActionName(node.action) ? node.action : null;
		return {
			step: node.key,
			type: 'action' in node ? 'action' : 'block',
			name: node.title ?? '',
			keys: [node.key],
			action,
			why: 'as it was exported',
		};
	});
	return ok({ playbook: parsed.data, written, became, notes: [] });
}
