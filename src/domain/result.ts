// A function that may say no returns a value that says so; only broken assumptions throw.

export type Result<T, E> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E };

export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
	return { ok: true, value };
}

export function err<E>(error: E): { readonly ok: false; readonly error: E } {
	return { ok: false, error };
}

/** A fault in a file, with its place: what `interlock check` reports (STYLE of messages: place, cause, way out). */
export type Finding = {
	readonly file: string;
	readonly line: number;
	readonly column: number;
	readonly message: string;
	readonly help?: string;
	readonly level: 'error' | 'warning';
};

/** Ends an exhaustive switch; reaching it means a state the types say cannot exist. */
export function never(value: never): never {
	throw new Error(`unexpected value: ${JSON.stringify(value)}`);
}
