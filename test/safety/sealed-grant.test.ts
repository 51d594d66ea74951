// A grant on its way to a connector's process: what opens it, once, and what opens nothing.
import { describe, expect, it } from 'vitest';
import { grantLook, openGrants, sealGrant, sealOpener } from '../../src/safety/grant.ts';
import { createMint, createOpener } from '../../src/safety/sealed-grant.ts';

const NOW = 1_780_000_000_000;
const LEAVE = {
	...{ step: 'stp_1', action: 'isolate_host', targets: ['lap-1'], paramsHash: 'h', binding: 'b', isLook: false },
	...{ grantedAt: NOW, expiresAt: NOW + 60_000, approvedBy: ['ida'] },
};

describe('a sealed grant', () => {
	it('opens as it was sealed, for its connector', () => {
		const mint = createMint();
		const open = createOpener(mint.opener, 'edr');
		expect(open(mint.seal(LEAVE, 'edr'), NOW)).toEqual({ ok: true, value: LEAVE });
		expect(open(mint.seal({ ...LEAVE, isLook: true }, 'edr'), NOW)).toEqual({
			ok: true,
			value: { ...LEAVE, isLook: true },
		});
	});

	it('opens once, also when its time is over and much else was opened since', () => {
		const mint = createMint();
		const open = createOpener(mint.opener, 'edr');
		const sealed = mint.seal(LEAVE, 'edr');
		expect(open(sealed, NOW).ok).toBe(true);
		for (const later of [0, 1_000, 59_999, 60_000, 61_000, 5 * 60_000]) {
			expect(open(mint.seal(LEAVE, 'edr'), NOW + later).ok).toBe(true);
			expect(open(sealed, NOW + later)).toEqual({ ok: false, error: 'the grant was used before' });
		}
	});

	it('opens for no other connector, and for no other key', () => {
		const [mint, other] = [createMint(), createMint()];
		const open = createOpener(mint.opener, 'edr');
		expect(open(mint.seal(LEAVE, 'okta'), NOW)).toEqual({ ok: false, error: 'the grant is for another connector' });
		const no = { ok: false, error: 'the seal is not that of the safety gate' };
		expect(open(other.seal(LEAVE, 'edr'), NOW)).toEqual(no);
		const { text, seal } = mint.seal(LEAVE, 'edr');
		expect(open({ text: text.replace('lap-1', 'plc-1'), seal }, NOW)).toEqual(no);
		expect(open({ text: `${text} `, seal }, NOW)).toEqual(no);
		expect(open({ text, seal: '' }, NOW)).toEqual(no);
		expect(open({ text, seal: other.seal(LEAVE, 'edr').seal }, NOW)).toEqual(no);
	});

	it('is nothing but a grant', () => {
		const mint = createMint();
		const open = createOpener(mint.opener, 'edr');
		for (const wrong of [{ more: 1 }, { isLook: 'no' }, { targets: 'lap-1' }, { expiresAt: '9' }, { approvedBy: null }])
			expect(open(mint.seal({ ...LEAVE, ...wrong } as never, 'edr'), NOW)).toEqual({
				ok: false,
				error: 'what is sealed is no grant',
			});
	});

	it('is never the same twice', () => {
		const mint = createMint();
		expect(mint.seal(LEAVE, 'edr').text).not.toBe(mint.seal(LEAVE, 'edr').text);
	});
});

describe('the half that seals', () => {
	const step = { id: 'stp_1', incident: 'inc_1', action: 'isolate_host', targets: ['lap-1'], params: {} };

	it('seals what the gate made, and nothing that looks like it', () => {
		const look = grantLook(step as never, NOW);
		const opened = createOpener(sealOpener(), 'edr')(sealGrant(look, 'edr'), NOW);
		expect(opened).toEqual({ ok: true, value: { ...look } });
		for (const forged of [{ ...look }, null, 'grant', undefined, LEAVE])
			expect(() => sealGrant(forged, 'edr')).toThrow('no grant of the safety gate');
	});

	it('keeps its key, and opens nothing itself', () => {
		expect(sealOpener()).toBe(sealOpener());
		expect(() => openGrants(sealOpener(), 'edr')).toThrow('makes grants');
		expect(() => openGrants(createMint().opener, 'edr')).toThrow('makes grants');
	});
});
