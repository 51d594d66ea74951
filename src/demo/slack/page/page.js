// The page's hands: asks for the state at every change, puts the pieces that changed in place, and reports what a person
// does. It holds no rules: everything is decided by the server, which escapes every text before it comes here.

const byId = (id) => document.getElementById(id);
const modal = byId('modal');
const query = new URLSearchParams(location.search);
const place = {
	as: query.get('as') ?? sessionStorage.getItem('as') ?? '',
	channel: query.get('channel') ?? '',
	thread: query.get('thread') ?? '',
};
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone ?? 'UTC';
let jumpTo = query.get('at');
const shown = { channel: '', modal: '', people: '' };

async function act(body) {
	const response = await fetch('/page/act', {
		method: 'POST',
		headers: { 'content-type': 'application/json', 'x-local-slack': '1' },
		body: JSON.stringify({ as: place.as, channel: place.channel, ...body }),
	});
	const result = await response.json();
	if (!result.ok) toast(wordsFor(result.error ?? `status ${response.status}`));
	return result;
}

function wordsFor(error) {
	if (error === 'app_not_connected')
		return 'The app is not connected: start the bot, or give the stand-in its address.';
	if (error === 'operation_timeout') return 'The app did not answer within 3 seconds.';
	if (error === 'dispatch_failed') return 'The app answered with an error.';
	if (error.startsWith('field_errors') || error.startsWith('bot_errors') || error === 'unknown_command') return '';
	return `Not done: ${error}`;
}

let toastTimer = 0;
function toast(text) {
	if (text === '') return;
	const box = byId('toast');
	box.textContent = text;
	box.hidden = false;
	clearTimeout(toastTimer);
	toastTimer = setTimeout(() => {
		box.hidden = true;
	}, 6000);
}

// The server's HTML is the only HTML that ever enters the page.
function nodeFrom(html) {
	const template = document.createElement('template');
	template.innerHTML = html;
	return template.content.firstElementChild;
}

function setHtml(element, html) {
	if (element.dataset.last === html) return;
	const focused = document.activeElement?.closest?.('[data-open]')?.dataset.open;
	element.innerHTML = html;
	element.dataset.last = html;
	if (focused) element.querySelector(`[data-open="${CSS.escape(focused)}"]`)?.focus();
}

const htmlOf = new WeakMap();

/** Makes the list hold exactly these pieces, in this order, and touches only those that changed. */
function reconcile(list, pieces) {
	const wasAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
	const focusedId = document.activeElement?.id;
	const old = new Map([...list.children].map((node) => [node.dataset.key, node]));
	let before = null;
	for (const piece of pieces.toReversed()) {
		const found = old.get(piece.key);
		old.delete(piece.key);
		let node = found;
		if (!found || htmlOf.get(found) !== piece.html) {
			node = nodeFrom(piece.html);
			node.dataset.key = piece.key;
			htmlOf.set(node, piece.html);
			if (found) found.replaceWith(node);
		}
		if (node.nextElementSibling !== before || node.parentElement !== list) list.insertBefore(node, before);
		before = node;
	}
	for (const node of old.values()) node.remove();
	if (focusedId && document.activeElement === document.body) byId(focusedId)?.focus();
	if (wasAtEnd) list.scrollTop = list.scrollHeight;
}

function showPeople(people, current) {
	const key = JSON.stringify([people, current]);
	if (shown.people === key) return;
	shown.people = key;
	byId('as').replaceChildren(...people.map(({ id, label }) => new Option(label, id, false, id === current)));
}

function showModal(state) {
	const html = state.modal?.html ?? '';
	if (html === shown.modal) return;
	shown.modal = html;
	if (html === '') {
		if (modal.open) modal.close();
		modal.replaceChildren();
		return;
	}
	const typed = fieldsIn(modal);
	const isSame = modal.querySelector('[data-view]')?.dataset.view === state.modal.key;
	const focusedId = document.activeElement?.id;
	modal.replaceChildren(nodeFrom(html));
	if (isSame) restoreFields(typed);
	if (!modal.open) modal.showModal();
	const wanted =
		modal.querySelector('.faulty .field, .faulty .select') ?? (isSame && focusedId ? byId(focusedId) : null);
	(wanted ?? modal.querySelector('.field, .select, .choices input, [data-submit], [data-close="one"]'))?.focus();
}

function show(state) {
	if (state.error) return toast(state.error);
	place.as = state.person;
	sessionStorage.setItem('as', state.person);
	const isNewPlace = shown.channel !== `${state.person} ${state.channel}`;
	shown.channel = `${state.person} ${state.channel}`;
	place.channel = state.channel;
	place.thread = state.threadTs;
	byId('team').textContent = state.team;
	document.title = `${state.team} · Local Slack`;
	showPeople(state.people, state.person);
	setHtml(byId('sidebar'), state.sidebar);
	setHtml(byId('header'), state.header);
	const list = byId('messages');
	if (isNewPlace) list.replaceChildren();
	reconcile(list, state.pieces);
	if (isNewPlace) list.scrollTop = state.channel === 'home' ? 0 : list.scrollHeight;
	byId('composer').hidden = state.placeholder === '' || !state.isMember;
	byId('text').placeholder = state.placeholder;
	byId('thread').hidden = state.thread === null;
	byId('frame').classList.toggle('with-thread', state.thread !== null);
	reconcile(byId('replies'), state.thread ?? []);
	byId('link-state').textContent = state.isConnected ? 'App connected' : 'App not connected';
	byId('link-state').classList.toggle('off', !state.isConnected);
	showModal(state);
	if (jumpTo) list.querySelector(`[data-ts="${CSS.escape(jumpTo)}"]`)?.scrollIntoView({ block: 'center' });
	jumpTo = null;
	if (state.unread > 0 && document.visibilityState === 'visible') void act({ do: 'read' }).then(refresh);
}

let running = false;
let again = false;
async function refresh() {
	if (running) {
		again = true;
		return;
	}
	running = true;
	try {
		do {
			again = false;
			const asked = new URLSearchParams({ ...place, zone });
			const response = await fetch(`/page/state?${asked}`);
			const state = await response.json();
			// A person may have moved on while the answer was under way: then it is stale, and another is asked for.
			if (
				asked.get('as') !== place.as ||
				asked.get('channel') !== place.channel ||
				asked.get('thread') !== place.thread
			)
				again = true;
			else show(state);
		} while (again);
	} catch {
		toast('The stand-in does not answer: has it been stopped?');
	} finally {
		running = false;
	}
}

function go(change) {
	Object.assign(place, change);
	return refresh();
}

function chosenIn(control) {
	const type = control.dataset.type;
	if (type === 'checkboxes') return [...control.querySelectorAll('input:checked')].map((input) => input.value);
	if (type === 'radio_buttons') return control.querySelector('input:checked')?.value ?? null;
	if (control.multiple) return [...control.selectedOptions].map((option) => option.value);
	if (type === 'datetimepicker')
		return control.value === '' ? null : String(Math.floor(new Date(control.value).getTime() / 1000));
	return control.value === '' ? null : control.value;
}

/** Everything that stands in the fields of a message or view, by block and action. */
function valuesIn(box) {
	const values = {};
	for (const control of box.querySelectorAll('[data-action]')) {
		if (control.dataset.type === 'button' || control.dataset.type === 'overflow') continue;
		const { block, action } = control.dataset;
		values[block] = { ...values[block], [action]: chosenIn(control) };
	}
	return values;
}

function fieldsIn(box) {
	return [...box.querySelectorAll('input[id], select[id], textarea[id]')].map((field) => ({
		id: field.id,
		value: field.value,
	}));
}

function restoreFields(fields) {
	for (const { id, value } of fields) {
		const field = byId(id);
		if (field && !field.multiple) field.value = value;
	}
}

/** Shows Slack's confirmation where the control has one; true where the person goes on. */
function confirmed(control) {
	const dialog = control.dataset.confirm ? byId(control.dataset.confirm) : null;
	if (!dialog) return Promise.resolve(true);
	return new Promise((resolve) => {
		const answer = (event) => {
			const button = event.target.closest('[data-answer]');
			if (!button) return;
			dialog.close(button.dataset.answer);
		};
		dialog.addEventListener('click', answer);
		dialog.addEventListener(
			'close',
			() => {
				dialog.removeEventListener('click', answer);
				resolve(dialog.returnValue === 'yes');
			},
			{ once: true },
		);
		dialog.returnValue = '';
		dialog.showModal();
	});
}

function boxOf(control) {
	const view = control.closest('[data-view]');
	if (view) return { box: view, address: { view: view.dataset.view } };
	const message = control.closest('[data-ts]');
	return { box: message, address: { ts: message.dataset.ts, channel: message.dataset.channel } };
}

async function send(control, value) {
	if (!(await confirmed(control))) return;
	const { box, address } = boxOf(control);
	if (control.dataset.url) window.open(control.dataset.url, '_blank', 'noopener,noreferrer');
	control.setAttribute('aria-busy', 'true');
	try {
		const named = { action_id: control.dataset.action, block_id: control.dataset.block };
		await act({ do: 'click', ...address, ...named, ...(value === undefined ? {} : { value }), values: valuesIn(box) });
	} finally {
		control.removeAttribute('aria-busy');
	}
}

async function closeModal(all) {
	const view = modal.querySelector('[data-view]')?.dataset.view;
	if (view) await act({ do: 'close', view, all });
	await refresh();
}

async function submitModal() {
	const box = modal.querySelector('[data-view]');
	const button = box.querySelector('[data-submit]');
	if (!button || button.disabled) return;
	button.disabled = true;
	button.setAttribute('aria-busy', 'true');
	await act({ do: 'submit', view: box.dataset.view, values: valuesIn(box) });
	button.disabled = false;
	button.removeAttribute('aria-busy');
	await refresh();
}

/** At once: the server has nothing to say about it. */
function closeThread() {
	byId('thread').hidden = true;
	byId('frame').classList.remove('with-thread');
	void go({ thread: '' });
}

async function open(channel) {
	await go({ channel, thread: '' });
	if (channel === 'home') await act({ do: 'home', tab: 'home' });
	else if (byId('header').querySelector('.tabs')) await act({ do: 'home', tab: 'messages' });
}

document.addEventListener('click', (event) => {
	const target = event.target;
	const on = (selector) => target.closest(selector);
	const menu = on('.overflow [role="menuitem"]');
	const opener = on('[data-open]');
	const thread = on('[data-thread]');
	for (const details of document.querySelectorAll('.overflow[open]'))
		if (!details.contains(target) || menu) details.open = false;
	if (menu) void send(menu.closest('.overflow'), menu.dataset.value);
	else if (opener) void open(opener.dataset.open);
	else if (thread) void go({ thread: thread.dataset.thread }).then(() => byId('reply-text').focus());
	else if (on('#close-thread')) closeThread();
	else if (on('[data-join]')) void act({ do: 'join' });
	else if (on('[data-submit]')) void submitModal();
	else if (on('[data-close]')) void closeModal(on('[data-close]').dataset.close === 'all');
	else if (on('button[data-action]')) void send(on('button[data-action]'));
});

document.addEventListener('change', (event) => {
	if (event.target.id === 'as') return void go({ as: event.target.value, thread: '' });
	const control = event.target.closest('[data-action][data-sends]');
	if (control && control.dataset.type !== 'plain_text_input') void send(control, chosenIn(control));
});

document.addEventListener('keydown', (event) => {
	const isEnter = event.key === 'Enter' && !event.isComposing;
	if (isEnter && !event.shiftKey && event.target.matches('.composer textarea')) {
		event.preventDefault();
		event.target.form.requestSubmit();
	} else if (isEnter && (event.ctrlKey || event.metaKey) && modal.contains(event.target)) {
		void submitModal();
	} else if (isEnter && event.target.matches('input[data-type="plain_text_input"][data-sends]')) {
		void send(event.target, event.target.value);
	} else if (event.key === 'Escape' && !modal.open && !byId('thread').hidden) {
		closeThread();
	}
});

modal.addEventListener('cancel', (event) => {
	if (event.target !== modal) return;
	event.preventDefault();
	void closeModal(false);
});

function onSend(form, field, extra) {
	form.addEventListener('submit', async (event) => {
		event.preventDefault();
		const text = field.value;
		if (text.trim() === '') return;
		field.value = '';
		const result = await act({ do: 'message', text, ...extra() });
		if (!result.ok && result.error !== 'unknown_command') field.value ||= text;
		await refresh();
	});
}
onSend(byId('composer'), byId('text'), () => ({}));
onSend(byId('reply'), byId('reply-text'), () => ({ thread: place.thread }));

const changes = new EventSource('/page/changes');
changes.addEventListener('message', () => void refresh());
changes.addEventListener('error', () => {
	byId('link-state').textContent = 'Stand-in stopped';
	byId('link-state').classList.add('off');
});
void refresh();
