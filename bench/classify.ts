// How many texts a second the offline classifier answers on one core, how long its weights take to load and what they weigh.
// Every text is another one: nothing is remembered. Floor, measured in turns beside it: parsing the same records as JSON lines and
// splitting them into words, which no classifier of text gets round.
// usage: node bench/classify.ts [--rounds N]
import { readFileSync, statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { classifyText } from '../src/triage/classifier/classify.ts';
import { wordsOf } from '../src/triage/classifier/features.ts';
import { loadWeights } from '../src/triage/classifier/load.ts';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' } } });

const phrases = readFileSync(new URL('../scripts/training/detections.txt', import.meta.url), 'utf8')
	.split('\n')
	.filter((line) => line.includes(' @ '))
	.flatMap((line) => line.slice(line.indexOf(': ') + 2).split(' / '));
// As long as alerts are: a title, and three sentences of text.
const lines = phrases.map((title, i) => {
	const text = [1, 7, 31].map((step) => phrases[(i * step + step) % phrases.length]).join('. ');
	return JSON.stringify({ id: String(i), title, text: `${text} on host ws-${i} by user u${i}` });
});
type Line = { title: string; text: string };

const began = performance.now();
const weights = loadWeights();
const loaded = performance.now() - began;

function floor(): number {
	let words = 0;
	for (const line of lines) {
		const { title, text } = JSON.parse(line) as Line;
		words += wordsOf(title).length + wordsOf(text).length;
	}
	return words;
}

function classified(): number {
	let sure = 0;
	for (const line of lines) {
		const { title, text } = JSON.parse(line) as Line;
		sure += classifyText(weights, { title, text }).isSure ? 1 : 0;
	}
	return sure;
}

function rate(work: () => number): number {
	const start = performance.now();
	work();
	return (lines.length / (performance.now() - start)) * 1_000;
}

const rates = { floor: [] as number[], classify: [] as number[] };
rate(classified);
for (let round = 0; round < Number(values.rounds); round++) {
	rates.floor.push(rate(floor));
	rates.classify.push(rate(classified));
}
const median = (list: number[]): number => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0;
const file = new URL('../src/triage/data/classifier.bin.gz', import.meta.url);
console.log(
	`classify  ${Math.round(median(rates.classify))} texts/s (median of ${rates.classify.length} rounds of ${lines.length})`,
);
console.log(`floor     ${Math.round(median(rates.floor))} texts/s: parse and split into words`);
console.log(`ratio     ${(median(rates.classify) / median(rates.floor)).toFixed(3)}`);
console.log(`weights   ${(statSync(file).size / 1e6).toFixed(1)} MB on disk, loaded in ${loaded.toFixed(0)} ms`);
console.log(`memory    ${(process.memoryUsage().rss / 1e6).toFixed(0)} MB RSS`);
