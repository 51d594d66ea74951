// Which alarms are process safety, which are the process, a lost device, or a machine that wants attention; and JSON inside base64.
import { describe, expect, it } from 'vitest';
import { base64Json } from '../../../src/intake/formats/base64-json.ts';
import { processAlarmKind } from '../../../src/intake/formats/process-alarm.ts';

describe('the kind of a process alarm', () => {
	it.each([
		['PIC-101', 'HI_HI_ALM | reactor overhead', 'process_safety'],
		['PIC-101', 'HI_ALM | pressure high, limit 40 bar', 'process'],
		['R1', 'Pressure HighHigh', 'process_safety'],
		['LT-7', 'LevelHH', 'process_safety'],
		['LAHH-7', 'limit', 'process_safety'],
		['PSHH_12', 'limit', 'process_safety'],
		['FIC-3', 'HI_HI', 'process'],
		['LIC_101', 'LO_LO_ALM | Low Low Alarm Limit 0', 'process'],
		['GD-1', 'Gas detector above 20 %', 'process_safety'],
		['', 'LEL 40 %', 'process_safety'],
		['', 'H2S in compressor house', 'process_safety'],
		['', 'Fire alarm zone 3', 'process_safety'],
		['', 'Smoke detected in riser 2', 'process_safety'],
		['XS-1', 'SIS trip', 'process_safety'],
		['', 'ESD actuated', 'process_safety'],
		['C-301', 'Shutdown/Interlocked', 'process_safety'],
		['PSV-4', 'open', 'process_safety'],
		['', 'Emergency lighting battery test', 'process'],
		['', 'Gas meter consumption high', 'process'],
		['', 'Firewall temperature high', 'process'],
		['', 'Static pressure low', 'process'],
		['TIC-9', 'Temperature high | HIGH', 'process'],
		['', 'Communication lost to PLC-12', 'availability'],
		['', 'Device offline', 'availability'],
		['', 'COMM_FAIL', 'availability'],
		['P-17', 'Bearing vibration above warning', 'maintenance'],
		['', 'Filter dirty', 'maintenance'],
		['', 'Calibration overdue', 'maintenance'],
		['FI-1', 'flow low', 'process'],
		['', '', 'process'],
	])('%s %s is %s', (tag, words, kind) => {
		expect(processAlarmKind(tag, words)).toBe(kind);
	});

	it('is found in time that grows with the text only', () => {
		const start = performance.now();
		for (const text of ['high '.repeat(100_000), 'hi_'.repeat(100_000), 'P'.repeat(300_000), 'no '.repeat(100_000)])
			processAlarmKind(text, text);
		expect(performance.now() - start).toBeLessThan(1_000);
	});
});

describe('JSON inside base64', () => {
	it('is read in both alphabets, several documents at once', () => {
		const text = '{"a":"ü?>"}\n{"b":1}';
		const standard = Buffer.from(text).toString('base64');
		expect(base64Json(standard)).toEqual([{ a: 'ü?>' }, { b: 1 }]);
		expect(base64Json(Buffer.from(text).toString('base64url'))).toEqual([{ a: 'ü?>' }, { b: 1 }]);
	});

	it.each(['', 'x', 'not base64!', 'AAAAA', '/////w==', 'aGVsbG8=', 'AAA==', 'AAAAA='])('%j holds none', (text) => {
		expect(base64Json(text)).toEqual([]);
	});
});
