// The one place where triage touches a file: reads the shipped weights at start. Everything else gets them as a value.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { decodeWeights, type Weights } from './weights.ts';

/** The shipped weights. Throws where the installation is broken (file missing or cut short). */
export function loadWeights(file: URL = new URL('../data/classifier.bin.gz', import.meta.url)): Weights {
	return decodeWeights(gunzipSync(readFileSync(file)));
}
