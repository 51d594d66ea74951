// Mail (RFC 5321, 5322), through nodemailer's connection and composer: one plain text, one recipient, one connection. TLS unless the
// configuration says otherwise in so many words. NOT here: trying again (send-page.ts), what the mail says (letter.ts).
import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { type SmtpConfig, smtpPort } from '../../domain/pager.ts';
import { cut, shown } from '../../domain/shown-text.ts';
import { SECOND } from '../../domain/time.ts';
import { checkHost, type Resolve } from '../connectors/address-guard.ts';
import { masked } from '../connectors/secret.ts';
import type { Letter } from './letter.ts';
import type { Pager, Sent } from './pager.ts';

/** Everything together, however slowly the server drips: well below the lease of an outbox row. */
const ALL_MAX_MS = 40 * SECOND;
const REPLY_BYTES_MAX = 64 * 1024;
const SUBJECT_MAX = 200;

/** What the composer is given: a closed set without attachments, paths, links or HTML. */
type Mail = {
	readonly from: string;
	readonly to: string;
	readonly subject: string;
	readonly text: string;
	readonly messageId: string;
	readonly date: Date;
	readonly references: readonly string[];
	readonly headers: Readonly<Record<string, string>>;
};

/**
 * @param password of `auth.user`; null where the server asks for none. It appears in no result
 * @param ca certificates (PEM) that the server's must lead to; null for the system's
 */
export function createSmtp(config: SmtpConfig, password: string | null, ca: string | null, resolve: Resolve): Pager {
	return {
		config,
		send: async (letter, action, to) => {
			// What is over needs no second mail.
			if (action !== 'trigger') return { kind: 'sent', detail: 'mail has no end' };
			if (to === null) return { kind: 'refused', reason: 'there is no mail address for this page any more' };
			const checked = await checkHost(config.host, smtpPort(config), config.allow_private, resolve);
			if (!checked.ok && checked.kind === 'refused') return { kind: 'refused', reason: checked.reason };
			if (!checked.ok) return { kind: 'later', reason: checked.reason, retryAt: null, isAmbiguous: false };
			const sent = await deliver(config, checked.address, password, ca, mailOf(config, letter, to));
			return sent.kind === 'sent'
				? { ...sent, detail: masked(sent.detail, password) }
				: { ...sent, reason: masked(sent.reason, password) };
		},
	};
}

/** The mail of a letter: the same letter gives the same Message-ID and Date, so that a repeat is recognised as one. */
export function mailOf(config: Pick<SmtpConfig, 'from'>, letter: Letter, to: string): Mail {
	const domain = config.from.slice(config.from.indexOf('@') + 1);
	const id = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32);
	return {
		from: config.from,
		to,
		// One line, whatever the alert's text held: `shown` leaves no line end that could begin another header.
		subject: cut(shown(letter.subject, SUBJECT_MAX), SUBJECT_MAX),
		text: letter.body,
		messageId: `<page.${id(letter.key)}@${domain}>`,
		date: new Date(letter.at),
		references: letter.thread === null ? [] : [`<incident.${id(letter.thread)}@${domain}>`],
		headers: {
			// RFC 3834: nobody's absence note answers a page.
			'Auto-Submitted': 'auto-generated',
			'X-Auto-Response-Suppress': 'All',
			Importance: 'high',
			'X-Interlock-Page': shown(letter.key, 300),
		},
	};
}

async function deliver(
	config: SmtpConfig,
	address: string,
	password: string | null,
	ca: string | null,
	mail: Mail,
): Promise<Sent> {
	// Loaded here and not at the top: a program without mail does not pay for it.
	const [{ default: Connection }, { default: Composer }] = await Promise.all([
		import('nodemailer/lib/smtp-connection'),
		import('nodemailer/lib/mail-composer'),
	]);
	const message = await new Composer({
		...mail,
		references: [...mail.references],
		headers: { ...mail.headers },
		disableFileAccess: true,
		disableUrlAccess: true,
	})
		.compile()
		.build();
	const connection = new Connection({
		host: address,
		port: smtpPort(config),
		secure: config.tls === 'tls',
		requireTLS: config.tls === 'starttls',
		ignoreTLS: config.tls === 'none',
		name: 'interlock',
		connectionTimeout: config.timeout_ms,
		greetingTimeout: config.timeout_ms,
		socketTimeout: config.timeout_ms,
		maxResponseSize: REPLY_BYTES_MAX,
		tls: {
			minVersion: 'TLSv1.2',
			rejectUnauthorized: true,
			// The certificate is the name's, not the address's that was checked.
			...(isIP(config.host) === 0 ? { servername: config.host } : {}),
			...(ca === null ? {} : { ca }),
		},
	});
	let stage: Stage = 'connect';
	return await new Promise<Sent>((done) => {
		const timer = setTimeout(() => end(troubleOf(new Error('no end in time'), stage)), ALL_MAX_MS);
		const end = (sent: Sent): void => {
			clearTimeout(timer);
			if (sent.kind === 'sent') connection.quit();
			else connection.close();
			done(sent);
		};
		const fail = (error: Error): void => end(troubleOf(error, stage));
		const send = (): void => {
			stage = 'send';
			connection.send({ from: mail.from, to: [mail.to] }, message, (error, info) => {
				if (error !== null) fail(error);
				else end({ kind: 'sent', detail: `taken: ${(info?.response ?? '').slice(0, 200)}` });
			});
		};
		connection.on('error', fail);
		connection.connect((error) => {
			if (error !== undefined && error !== null) return fail(error);
			const { auth } = config;
			if (auth === undefined) return send();
			stage = 'login';
			connection.login({ user: auth.user, pass: password ?? '' }, (refused) =>
				refused === null ? send() : fail(refused),
			);
		});
	});
}

type Stage = 'connect' | 'login' | 'send';

/** Certificates that do not hold, and a server without TLS: it will be so in a minute too. */
const TLS_CODES =
	/^(?:ETLS|CERT_|ERR_TLS|ERR_SSL|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET)|HOSTNAME_MISMATCH|EREQUIRETLS)/;

/** RFC 5321, 4.2.1: 4yz may pass, 5yz stays. What has no reply is trouble of the way, and of a message under way nobody knows. */
function troubleOf(error: Error, stage: Stage): Sent {
	const { code, responseCode, command } = error as { code?: unknown; responseCode?: unknown; command?: unknown }; // nodemailer's errors; each is looked at below
	const status = typeof responseCode === 'number' ? responseCode : null;
	const at = typeof command === 'string' && command !== '' ? command : stage;
	const reason = `${at}: ${error.message}`.slice(0, 500);
	const cause = error.cause instanceof Error && 'code' in error.cause ? String(error.cause.code) : '';
	const isTls = TLS_CODES.test(String(code)) || TLS_CODES.test(cause) || /certificate/i.test(error.message);
	if (status !== null && status >= 500) return { kind: 'refused', reason };
	if (isTls && stage === 'connect') return { kind: 'refused', reason };
	// The end of a message without a reply: it may be in the mailbox, under the Message-ID that the next try has too.
	return { kind: 'later', reason, retryAt: null, isAmbiguous: stage === 'send' && status === null };
}
