// What a reader of a sample finds there: severity in the vendor's word and ours, and the instant of the event.
export type Expected = Readonly<Record<string, readonly [string | null, string | null, string]>>;
