// The name of a source, as it stands in sources.yaml and wherever a file refers to it.
import { z } from 'zod';

export const SourceName = z
	.string()
	.regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'is no source name: lower-case letters, digits and dashes, at most 63');
